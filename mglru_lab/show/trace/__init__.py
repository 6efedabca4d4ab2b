"""Page traces: charts and sentences."""
