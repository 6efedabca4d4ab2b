"""Workloads from seeds: the traces that the recorder replayed, made again word for word.

A generator returns pages as int64; `trace(name)` gives the entries of a recorded trace, or of
the same workload from another seed.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Pages = npt.NDArray[np.int64]
Words = npt.NDArray[np.uint64]

GUEST = 1 << 30


class Splitmix64:
    """Sebastiano Vigna's splitmix64; the n-th number depends on the seed and n alone."""

    def __init__(self, seed: int) -> None:
        self.state = seed % (1 << 64)

    def draw(self, count: int) -> Words:
        """The next `count` 64-bit numbers."""
        steps = np.arange(1, count + 1, dtype=np.uint64)
        z = np.uint64(self.state) + steps * np.uint64(0x9E3779B97F4A7C15)
        self.state = (self.state + count * 0x9E3779B97F4A7C15) % (1 << 64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        result: Words = z ^ (z >> np.uint64(31))
        return result

    def below(self, limits: npt.NDArray[np.int64]) -> Pages:
        """One number below each limit (under 2**31): the high 32 bits, scaled."""
        high = self.draw(limits.size) >> np.uint64(32)
        return ((high * limits.astype(np.uint64)) >> np.uint64(32)).astype(np.int64)


def _high_product(words: Words, factor: int) -> Words:
    """The upper 64 bits of 64-bit words times a factor below 2**63."""
    mask = np.uint64(0xFFFFFFFF)
    low, high = words & mask, words >> np.uint64(32)
    f_low, f_high = np.uint64(factor & 0xFFFFFFFF), np.uint64(factor >> 32)
    middle = high * f_low + ((low * f_low) >> np.uint64(32))
    carry = (low * f_high + (middle & mask)) >> np.uint64(32)
    result: Words = high * f_high + (middle >> np.uint64(32)) + carry
    return result


def permutation(pages: int, random: Splitmix64) -> Pages:
    """Fisher-Yates from the end."""
    order = np.arange(pages)
    lasts = np.arange(pages - 1, 0, -1)
    for last, other in zip(lasts.tolist(), random.below(lasts + 1).tolist(), strict=True):
        order[last], order[other] = order[other], order[last]
    return order


def uniform(pages: int, length: int, seed: int) -> Pages:
    """Every page equally likely."""
    return Splitmix64(seed).below(np.full(length, pages))


def zipf(pages: int, length: int, seed: int, exponent: float) -> Pages:
    """Rank k with a weight of k**-exponent; ranks are spread over the pages by a permutation."""
    random = Splitmix64(seed)
    page_of_rank = permutation(pages, random)
    weights = [int(2.0**40 / rank**exponent) for rank in range(1, pages + 1)]
    cumulated = np.cumsum(np.array(weights, np.uint64))
    drawn = _high_product(random.draw(length), int(cumulated[-1]))
    return page_of_rank[np.searchsorted(cumulated, drawn, side="right")]


def cyclic(pages: int, length: int) -> Pages:
    """A scan over all pages, again and again."""
    return np.arange(length) % pages


def hotscan(pages: int, length: int, seed: int, hot: int) -> Pages:
    """In turn a random page of the hot ones and the next page of a scan over the others."""
    result = np.empty(length, np.int64)
    result[::2] = uniform(hot, (length + 1) // 2, seed)
    result[1::2] = hot + cyclic(pages - hot, length // 2)
    return result


def mixed(host: Pages, guest: Pages, share: int, seed: int, length: int) -> Pages:
    """The next access of `guest` with a probability of share/1000, else the next of `host`."""
    return _merged(_of_guest(share, seed, length), host, guest)


def mixed_zipf(host: int, guest: int, share: int, length: int, seed: int) -> Pages:
    """Zipf 1.0 on both sides."""
    of_guest = _of_guest(share, seed + 2, length)
    guests = int(of_guest.sum())  # of either side only what is needed is drawn
    return _merged(
        of_guest, zipf(host, length - guests, seed, 1.0), zipf(guest, guests, seed + 1, 1.0)
    )


def _of_guest(share: int, seed: int, length: int) -> npt.NDArray[np.bool_]:
    """Which accesses are the guest's."""
    chosen: npt.NDArray[np.bool_] = Splitmix64(seed).below(np.full(length, 1000)) < share
    return chosen


def _merged(of_guest: npt.NDArray[np.bool_], host: Pages, guest: Pages) -> Pages:
    guests = int(of_guest.sum())
    result = np.empty(of_guest.size, np.int64)
    result[of_guest] = guest[:guests] | GUEST
    result[~of_guest] = host[: of_guest.size - guests]
    return result


def late(host: int, guest: int, share: int, seed: int, both: int, alone: int) -> Pages:
    """Both sides busy for `both` accesses, then the host alone."""
    together = mixed_zipf(host, guest, share, both, seed)
    return np.concatenate([together, zipf(host, both + alone, seed, 1.0)[both:]])


def sweep(host: int, guest: int, every: int, seed: int, length: int) -> Pages:
    """A host's Zipf; after every `every` of its accesses the guest touches all its pages once.

    `every` divides `length`.
    """
    bursts = zipf(host, length, seed, 1.0).reshape(-1, every)
    guests = np.broadcast_to(np.arange(guest) | GUEST, (bursts.shape[0], guest))
    return np.concatenate([bursts, guests], axis=1).ravel()[:length]


def tabs(count: int, size: int, bursts: int, seed: int) -> Pages:
    """One of `count` tabs after another (Zipf 1.0): its pages in order, twice."""
    opened = zipf(count, bursts, seed, 1.0)
    return (opened[:, None] * size + np.tile(np.arange(size), 2)).ravel()


def _shares(share: int) -> Callable[[int], Pages]:
    return lambda seed: mixed_zipf(4096, 4096, 10 * share, 131072, seed)


def _pressure(pages: int) -> dict[str, tuple[Callable[[int], Pages], int]]:
    length = 16 * pages
    return {
        "uniform": (lambda seed: uniform(pages, length, seed), 1001),
        "zipf08": (lambda seed: zipf(pages, length, seed, 0.8), 1002),
        "zipf10": (lambda seed: zipf(pages, length, seed, 1.0), 1003),
        "cyclic": (lambda _seed: cyclic(pages, length), 0),
        "hotscan": (lambda seed: hotscan(pages, length, seed, 2048), 1004),
    }


SIZES = {"15": 6144, "20": 8192}
"""Pages, by the last part of a recorded trace's name: tenths of 4096 frames."""

WORKLOADS: dict[str, tuple[Callable[[int], Pages], int]] = {
    f"{name}_{size}": made
    for size, pages in SIZES.items()
    for name, made in _pressure(pages).items()
} | {
    "m_share20": (_shares(20), 2010),
    "m_share50": (_shares(50), 2020),
    "m_share80": (_shares(80), 2030),
    "m_2share20": (_shares(20), 2106),
    "m_2share50": (_shares(50), 2115),
    "m_2share80": (_shares(80), 2124),
    "m_3share20": (_shares(20), 2206),
    "m_3share50": (_shares(50), 2215),
    "m_3share80": (_shares(80), 2224),
    "m_idleguest": (lambda seed: zipf(4096, 65536, seed, 1.0), 2040),
    "m_idlehost": (lambda seed: zipf(4096, 65536, seed, 1.0) | GUEST, 2050),
    "m_half": (lambda seed: mixed_zipf(4096, 2048, 500, 65536, seed), 2060),
    "m_late": (lambda seed: late(6144, 4096, 500, seed, 32768, 65536), 2070),
    "m_sweep": (lambda seed: sweep(4096, 2048, 8192, seed, 98304), 2080),
    "m_tabs": (
        lambda seed: mixed(
            tabs(12, 384, 200, seed), zipf(4096, 196608, seed + 1, 1.0), 500, seed + 2, 196608
        ),
        2090,
    ),
}
"""By name: what makes the trace from a seed, and the seed of the recorded one."""


def trace(name: str, seed: int = 0) -> npt.NDArray[np.uint32]:
    """The entries of the workload `name`, such as zipf10_20; seed 0 is the recorded trace's."""
    make, recorded = WORKLOADS[name]
    return make(seed or recorded).astype(np.uint32)
