"""A live machine's MGLRU: its files, snapshots of them, and a what-if."""
