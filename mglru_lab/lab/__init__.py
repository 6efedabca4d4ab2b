"""What is asked of the model, by subject: runs, real kernels, options, prices, sweeps, hosts."""
