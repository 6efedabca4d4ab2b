"""What is asked of the model, by subject: runs, truth, prices, the thread, sweeps, hosts."""
