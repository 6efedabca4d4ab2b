"""What happens to memory: the scenario language, traces, workloads."""
