"""What looking costs: charts, panels, sentences, and the game of bills on the floor."""
