"""The standard set: small scenarios as files beside this one, exact-mode pressure from a table.

Its order is that of a report: aging and eviction, a guest, files, pressure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

CALLS = "k_calls_en7"
"""The scenario that counts calls into KVM."""
SMALL = {
    "aging and eviction": (
        *("a_aging_en7", "a_noforce", "b_evict_en7", "b_lookaround_en7", "s_swapin_en7"),
    ),
    "a guest": (
        *("k_guestonly_en7", "k_evict_en7", "k_second_en7", "k_mixed_en7", "k_split_en7"),
        *("s_swapin_kvm_en7", CALLS),
    ),
    "a file": ("s_file_en7", "s_rfile_en7"),
}
"""Part of a report: its small scenarios. A part is one boot."""

PRESSURE = "pressure, exact mode"
_HOST = "region 8192 anon"
_GUEST = "region 8192 kvm"
_BOTH = "region 4096 anon\nregion 4096 kvm"
_MAPPED, _READ = "region 8192 file /dev/ram0", "region 8192 rfile /dev/ram0"


@dataclass(frozen=True)
class Standard:
    """One scenario of the set: its name, what it shows, its text, its part of the report."""

    name: str
    title: str
    text: str
    part: str

    @property
    def traces(self) -> tuple[str, ...]:
        """The traces that it loads, by name."""
        lines = (line.split() for line in self.text.splitlines())
        return tuple(words[1] for words in lines if words[:1] == ["trace"])


def _small(name: str, part: str) -> Standard:
    text = (files("mglru_lab.lab.check") / "scenarios" / f"{name}.scn").read_text()
    return Standard(name, text.splitlines()[0].removeprefix("# "), text, part)


def _pressure(name: str, title: str, trace: str, regions: str, bits: int = 7) -> Standard:
    """A trace under a limit of 4,096 pages; it begins settled, so that it repeats to the bit."""
    both = regions == _BOTH
    lines = [f"# {title}", "fifo 1", f"enabled {bits}", f"trace {trace}"]
    lines += ["asread"] * (regions in (_MAPPED, _READ)) + [regions, "settle", "limit 4096"]
    lines += ["byuser 1"] * ("_user_" in name)
    lines += ["misslog 0" if regions == _GUEST else "misslog 2", "yield 1"]
    lines += ["stat warm"] * both + [f"replaymarks 0 9999999 {64 if both else 16}"]
    lines += ["settle", "dump end", ""]
    return Standard(name, title, "\n".join(lines), PRESSURE)


def _exact(kind: str, trace: str, bits: int = 7) -> Standard:
    """Pressure by a recorded trace on one region, under the name that recordings have."""
    regions, who, option = {
        "c": (_HOST, "userspace writes", "f0y1"),
        "kc": (_GUEST, "a guest writes", "f0y1w0"),
        "f": (_MAPPED, "a mapped file is read", "f0y1"),
        "r": (_READ, "a file is read by read()", "f0y1"),
    }[kind]
    title = f"{who}: {trace}" + (f", enabled {bits}" if bits != 7 else "")
    return _pressure(f"{kind}_{trace}_en{bits}_{option}_r6", title, trace, regions, bits)


def _shared(trace: str, by: str) -> Standard:
    """Host and guest share a limit; the control has userspace touch the guest's region, too."""
    who = {"kvm": "host and guest", "user": "host and guest, the control without KVM"}[by]
    return _pressure(f"m_{trace}_{by}_en7_y1_r6", f"{who}: {trace}", f"m_{trace}", _BOTH)


def small_set() -> list[Standard]:
    """What a check runs: the small scenarios, and one of each kind of pressure."""
    found = [_small(name, part) for part, names in SMALL.items() for name in names]
    found += [_exact("c", "zipf10_20"), _exact("c", "hotscan_20"), _exact("kc", "zipf10_20")]
    found += [_shared("share50", "kvm"), _shared("share50", "user")]
    return [*found, _exact("f", "zipf10_20"), _exact("r", "zipf10_20")]


def whole_set() -> list[Standard]:
    """The small set, and more traces, shares and feature bits under pressure."""
    more = [_exact("c", trace) for trace in ("uniform_20", "zipf08_20", "cyclic_20", "zipf10_15")]
    more += [_exact("c", trace, 1) for trace in ("zipf10_20", "hotscan_20")]
    more += [_exact("kc", trace) for trace in ("uniform_20", "hotscan_20")]
    more += [
        _shared(trace, by) for trace in ("share20", "share80", "late") for by in ("kvm", "user")
    ]
    return small_set() + more + [_exact("f", "hotscan_20"), _exact("r", "hotscan_20")]


def boots(scenarios: Sequence[Standard]) -> list[list[Standard]]:
    """What is booted together: a part's small scenarios; each scenario of pressure by itself."""
    parts: dict[str, list[Standard]] = {}
    for scenario in scenarios:
        key = scenario.name if scenario.part == PRESSURE else scenario.part
        parts.setdefault(key, []).append(scenario)
    return list(parts.values())
