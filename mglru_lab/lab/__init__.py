"""What is asked: runs, recordings, comparisons."""
