"""Sweeps: charts and sentences."""
