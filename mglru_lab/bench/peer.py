"""libCacheSim, the other simulator: runs its LRU over a trace, in a process of its own.

Arguments: file, pages of memory, runs. Prints the least CPU time of `process_trace`, in seconds.
Measured at its best: the hash table fitted to the cache, objects of one size.
"""

import sys
import time

import libcachesim


def main(file: str, size: int, runs: int) -> float:
    """The least CPU time of `runs` runs over an oracleGeneral file, in seconds."""
    best = float("inf")
    for _ in range(runs):
        reader = libcachesim.TraceReader(
            file,
            libcachesim.TraceType.ORACLE_GENERAL_TRACE,
            libcachesim.ReaderInitParam(ignore_obj_size=True),
        )
        cache = libcachesim.LRU(size, hashpower=size.bit_length() + 1)
        begin = time.process_time()
        cache.process_trace(reader)
        best = min(best, time.process_time() - begin)
    return best


if __name__ == "__main__":
    print(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
