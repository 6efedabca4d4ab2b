"""Groups of recordings: which must equal the model exactly, and why others may not."""

import re
from dataclasses import dataclass

from mglru_lab.lab.truth.recordings import Recording

TIMING = "timing decided which aging walked"
ADDRESSES = "random addresses; the soft lockup watchdog preempts every 4 s"
STALE = "timing decided which aging walked; with two memcgs, a stale TLB"
SLAB = "6.1 counts slab pages freed amid reclaim, which only a traced recording tells"
FLUSHED = "a timer flushes the statistics that it decides with"
UNSETTLED = "other tasks' pages came between making the two regions"
ASYNCHRONOUS = "a disk is written and read ahead while reclaim goes on"
BATCH = "two pages of others were in the batch of new pages"
EXT2 = "ext2's own pages are charged, too"


@dataclass(frozen=True)
class Group:
    """Recordings of one kind; `must_equal` if any difference is a failure."""

    title: str
    pattern: str
    must_equal: bool
    reason: str = ""
    rules: str = ""
    """Only the recordings of this family of kernels."""
    files: str = ""
    """Only those of raw files with such a name."""

    def has(self, recording: Recording) -> bool:
        """Whether a recording is of this kind."""
        return (
            self.rules in ("", recording.rules)
            and re.fullmatch(self.pattern, recording.scenario) is not None
            and (not self.files or re.fullmatch(self.files, recording.file) is not None)
        )


GROUPS = (
    Group("swap on a disk", r"(?!a_basic).*", False, ASYNCHRONOUS, files=r"nvme_.*"),
    Group(
        "look-around on arm64, unsettled", r"b_lookaround_en7", False, BATCH, files=r"arm64_.*7.3"
    ),
    Group("aging, eviction, look-around", r"[ab]_.*", True),
    Group("swap-in, and files", r"s_.*", True),
    Group("agings traced", r"t_walklog_.*", True),
    Group("a KVM guest", r"k_(evict|guestonly|second)_.*", True),
    Group("host and guest, in one memcg or two", r"k_(mixed|split)_.*", True),
    Group(
        "classic LRU, 4 s without a stop",
        r"c_hot.*_en0_f0y0_r6",
        False,
        FLUSHED,
        files=r"classic_7.3",
    ),
    Group("classic LRU, exact mode", r"[cfr]_.*_en0_f\d+y0(w0)?_r\d", True),
    Group("classic LRU", r"(?![fr]_.*_f0_r\d).*_en0_.*", False, FLUSHED),
    Group("pressure, not in exact mode, reclaim traced", r"k?c_.*_f0t1_r\d", True),
    Group("pressure, exact mode", r"c_.*_f\d+y1_r\d", True),
    Group("pressure, walks off, or uniform and Zipf", r"c_.*_en1_.*|c_(uniform|zipf\d+)_.*", True),
    Group("pressure, scans with walks", r"c_(hotscan|cyclic)_.*", False, TIMING),
    Group("a guest under pressure, exact mode", r"kc_.*_f0y1w0_r\d", True),
    Group("the same with chance left", r"kc_.*_f0y1_r\d", False, ADDRESSES),
    Group("a guest under pressure", r"kc_.*", False, SLAB),
    Group("host and guest under pressure, exact mode", r"m_.*_y1_r\d", False, SLAB, rules="6.1"),
    Group("host and guest, begun unsettled", r"m_.*_y1_r1", False, UNSETTLED, rules="6.17"),
    Group("host and guest under pressure, exact mode", r"m_.*_y1_r\d", True),
    Group("host and guest, the TLB flushed at each access", r"m_.*_y0f1_r\d", False, TIMING),
    Group("host and guest under pressure", r"m_.*", False, STALE),
    Group("page cache, exact mode", r"[fr]_.*_f0y1_r\d", True),
    Group("page cache, on a file system", r"[fr]_.*", False, EXT2),
    Group("others", r".*", False),
)

SWITCHED = (
    Group("a kernel with a switch, small scenarios", r"[ko]_.*", False, "the recorder's own pages"),
    Group("a kernel with a switch, pressure", r".*", False, TIMING),
)
"""The options of the thread, each recorded on the same kernel."""


def group_of(recording: Recording) -> Group:
    """The first group whose pattern is the scenario's."""
    groups = SWITCHED if recording.is_switched else GROUPS
    return next(group for group in groups if group.has(recording))
