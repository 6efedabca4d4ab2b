"""What happens to memory: the scenario language and its workloads."""
