"""The model against recorded kernels: what must be equal, what is, and why the rest is not."""
