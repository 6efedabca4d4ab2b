"""The command `mglru-lab`: one module per group of commands."""
