"""Who asks the secondary MMU about a page, when, and under which lock: the options in dispute."""
