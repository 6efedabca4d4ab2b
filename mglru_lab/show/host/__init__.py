"""A live machine: charts and sentences."""
