"""Runs: charts and films of pages, the main panel, and sentences about them."""
