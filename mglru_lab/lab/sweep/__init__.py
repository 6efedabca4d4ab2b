"""Many runs: a grid of parameters, its cells, and the workers that run them."""
