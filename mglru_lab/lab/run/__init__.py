"""A scenario on a kernel: the machine that plays it, the counters and page maps that come out."""
