"""Page traces: reading, writing and describing them, in our formats and in other tools'."""
