"""What looking costs: prices for each counted event, thresholds, and advice."""
