"""How fast the model is: against libCacheSim, against this machine's memory, from a cold start."""
