import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mglru_lab.scenario.generators import (
    GUEST,
    SIZES,
    WORKLOADS,
    Splitmix64,
    _high_product,
    cyclic,
    hotscan,
    late,
    mixed,
    mixed_zipf,
    permutation,
    sweep,
    tabs,
    trace,
    uniform,
    zipf,
)

untimed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SEEDS = st.integers(0, (1 << 64) - 1)
CHECKSUMS = {
    Path(name).stem: checksum
    for checksum, name in (
        line.split() for line in Path(__file__).with_name("traces.sha256").read_text().splitlines()
    )
}


# The recorded traces


def test_every_recorded_trace_can_be_made_and_no_other_is_called_recorded() -> None:
    assert CHECKSUMS.keys() == WORKLOADS.keys()


@pytest.mark.parametrize("name", CHECKSUMS)
def test_a_trace_is_the_recorded_one_byte_by_byte(name: str) -> None:
    made = trace(name).astype("<u4").tobytes()
    assert hashlib.sha256(made).hexdigest() == CHECKSUMS[name]


@pytest.mark.parametrize("name", ["uniform_15", "zipf08_20", "hotscan_15", "m_share50", "m_tabs"])
def test_the_seed_decides_and_0_is_the_recorded_ones(name: str) -> None:
    recorded = trace(name)
    assert np.array_equal(trace(name, WORKLOADS[name][1]), recorded)
    assert not np.array_equal(trace(name, 7), recorded)
    assert np.array_equal(trace(name, 7), trace(name, 7))


@pytest.mark.parametrize(("name", "pages"), SIZES.items())
def test_the_last_part_of_the_name_says_how_much_memory_is_needed(name: str, pages: int) -> None:
    assert pages * 10 == int(name) * 4096
    for kind in ("uniform", "zipf08", "zipf10", "cyclic", "hotscan"):
        entries = trace(f"{kind}_{name}")
        assert (entries.size, int(entries.max())) == (16 * pages, pages - 1)


# splitmix64


def test_splitmix64_gives_the_published_numbers_of_seed_1234567() -> None:
    assert Splitmix64(1234567).draw(5).tolist() == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


@untimed
@given(SEEDS, st.integers(0, 20), st.integers(0, 20))
def test_numbers_do_not_depend_on_how_many_are_drawn_at_once(seed: int, a: int, b: int) -> None:
    parts = Splitmix64(seed)
    whole = Splitmix64(seed).draw(a + b)
    assert [*parts.draw(a), *parts.draw(b)] == whole.tolist()


@untimed
@given(SEEDS, st.lists(st.integers(1, (1 << 31) - 1), max_size=20))
def test_a_number_below_a_limit_is_the_scaled_upper_half(seed: int, limits: list[int]) -> None:
    drawn = Splitmix64(seed).below(np.array(limits, np.int64)).tolist()
    words = Splitmix64(seed).draw(len(limits)).tolist()
    assert drawn == [(word >> 32) * limit >> 32 for word, limit in zip(words, limits, strict=True)]


@untimed
@given(st.lists(SEEDS, max_size=20), st.integers(0, (1 << 63) - 1))
def test_the_upper_half_of_a_product_of_128_bits(words: list[int], factor: int) -> None:
    product = _high_product(np.array(words, np.uint64), factor)
    assert product.tolist() == [word * factor >> 64 for word in words]


# Workloads


def close(counts: np.ndarray, expected: np.ndarray) -> bool:
    """Counts of independent events within five standard deviations; seeds are fixed."""
    return bool((np.abs(counts - expected) < 5 * np.sqrt(expected) + 5).all())


@untimed
@given(SEEDS, st.integers(1, 300))
def test_a_permutation_has_every_page_once(seed: int, pages: int) -> None:
    assert sorted(permutation(pages, Splitmix64(seed)).tolist()) == list(range(pages))


def test_all_permutations_are_equally_likely() -> None:
    random = Splitmix64(1)
    seen = [tuple(permutation(3, random).tolist()) for _ in range(6000)]
    counts = np.array([seen.count(order) for order in set(seen)])
    assert counts.size == 6
    assert close(counts, np.full(6, 1000))


def test_uniform_touches_every_page_equally_often() -> None:
    counts = np.bincount(uniform(100, 100_000, 3), minlength=100)
    assert close(counts, np.full(100, 1000))


@pytest.mark.parametrize("exponent", [0.8, 1.0])
def test_zipf_frequencies_follow_rank(exponent: float) -> None:
    pages, length, seed = 500, 200_000, 5
    counts = np.bincount(zipf(pages, length, seed, exponent), minlength=pages)
    page_of_rank = permutation(pages, Splitmix64(seed))
    weights = np.arange(1, pages + 1) ** -exponent
    assert close(counts[page_of_rank], length * weights / weights.sum())


def test_cyclic_scans_all_pages_again_and_again() -> None:
    assert cyclic(3, 7).tolist() == [0, 1, 2, 0, 1, 2, 0]


def test_hotscan_takes_turns_between_a_hot_page_and_a_scan_of_the_others() -> None:
    pages = hotscan(10, 13, 1, 4)
    assert pages[1::2].tolist() == [4, 5, 6, 7, 8, 9]
    assert np.array_equal(pages[::2], uniform(4, 7, 1))


def test_mixed_takes_the_next_of_either_side_by_its_share() -> None:
    host, guest = np.arange(10_000), np.arange(10_000)
    both = mixed(host, guest, 200, 9, 10_000)
    of_guest = both & GUEST != 0
    assert close(np.array([of_guest.sum()]), np.array([2000]))
    assert np.array_equal(both[of_guest] - GUEST, np.arange(of_guest.sum()))
    assert np.array_equal(both[~of_guest], np.arange((~of_guest).sum()))


@pytest.mark.parametrize(("share", "guests"), [(0, 0), (1000, 100)])
def test_a_share_of_0_is_the_host_alone_one_of_1000_the_guest(share: int, guests: int) -> None:
    both = mixed(np.arange(100), np.arange(100), share, 9, 100)
    assert (both & GUEST != 0).sum() == guests


def test_late_is_both_sides_and_then_the_host_alone() -> None:
    pages = late(50, 40, 500, 11, both=300, alone=200)
    assert np.array_equal(pages[:300], mixed_zipf(50, 40, 500, 300, 11))
    assert np.array_equal(pages[300:], zipf(50, 500, 11, 1.0)[300:])


def test_sweep_touches_all_guest_pages_in_order_after_a_burst_of_the_host() -> None:
    pages = sweep(20, 3, 5, seed=2, length=40)
    bursts = zipf(20, 40, 2, 1.0).reshape(-1, 5)
    for i, burst in enumerate(bursts[:5]):
        assert pages[8 * i : 8 * i + 5].tolist() == burst.tolist()
        assert (pages[8 * i + 5 : 8 * i + 8] - GUEST).tolist() == [0, 1, 2]
    assert pages.size == 40


def test_tabs_opens_a_tab_and_touches_its_pages_twice_in_order() -> None:
    pages = tabs(4, 3, 50, seed=6).reshape(50, 6)
    opened = zipf(4, 50, 6, 1.0)
    assert (pages == opened[:, None] * 3 + [0, 1, 2, 0, 1, 2]).all()
