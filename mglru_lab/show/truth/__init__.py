"""Model and recorded kernel next to each other: charts and sentences."""
