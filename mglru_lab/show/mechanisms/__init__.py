"""How what became of the thread is shown."""
