"""What an unreadable trace file seems to be, and what to try: an option, or a line of awk."""

import re

AWK = {
    "DynamoRIO's drmemtrace view": (
        r"\s+\d+\s+\d+:\s+\d+ (read|write|ifetch|<marker)",
        """awk '/ byte\\(s\\) @ / && / (read|write) /"""
        """ { print $8 "," ($4 == "write" ? "w" : "r") }'""",
    ),
    "Pin's pinatrace": (
        r"0x[0-9a-f]+: [RW] 0x[0-9a-f]+",
        """awk '$2 ~ /^[RW]$/ { print $3 "," $2 }'""",
    ),
    "perf script of cpu/mem-loads and mem-stores": (
        r".*\bmem-(loads|stores).*:\s+[0-9a-f]+",
        """awk '/mem-(loads|stores)/ { for (i = 1; $i !~ /mem-/; i++); """
        """print "0x" $(i + 1) "," ($i ~ /stores/ ? "w" : "r") }'""",
    ),
    "dinero": (
        r"[012] [0-9a-f]+( \d+)?$",
        """awk '$1 < 2 { print "0x" $2 "," ($1 ? "w" : "r") }'""",
    ),
}
"""Tracers' text: a line of it, and the awk that makes `address,w` of it."""
COLUMNS = {
    "Twitter's cache traces": (r"\d+,[^,]+,\d+,\d+,\d+,[a-z]+,\d+$", "t=1,key=2,w=6"),
    "Meta's kvcache traces": (r"op_time,key,", "t=op_time,key=key,w=op"),
    "block traces of MSR Cambridge": (
        r"\d{17,18},\w+,\d+,(Read|Write),\d+,\d+,\d+$",
        "t=1/10000000,w=4,address=5,size=6",
    ),
    "block traces of Alibaba": (r"\d+,[RW],\d+,\d+,\d{12,17}$", "w=2,address=3,size=4,t=5/1000000"),
}
"""Public traces as CSV: their first line, and the columns to name."""
_DAMON = r".*\bdamon(_aggregated|:|\.\d)|.*damos_before_apply"
_LACKEY = r"==\d+== Lackey|(I | [LSM]) [0-9a-f]{8,16},\d"


def way_on(data: bytes) -> str:
    """A sentence that begins with `; `; empty where nothing seems familiar."""
    lines = data[:4096].decode("utf-8", "replace").splitlines()[:20]
    for what, (pattern, columns) in COLUMNS.items():
        if lines and re.match(pattern, lines[0]):
            names = "" if "=key" in columns else "; line 1 has no names of columns"
            return f"; it looks like {what}{names}: try --from csv --columns {columns}"
    for what, (pattern, program) in AWK.items():
        if any(re.match(pattern, line) for line in lines):
            return (
                f"; it looks like {what}: (echo address,w; {program} FILE) >FILE.csv makes a trace"
            )
    if any(re.match(_DAMON, line) for line in lines):
        return "; it looks like DAMON's events: try --from damo"
    if any(re.match(_LACKEY, line) for line in lines):
        return "; it looks like valgrind's lackey: try --from lackey"
    if lines and "," in lines[0]:
        return "; say which column is what: --columns page=2,t=1 (or address, key, w, n)"
    return ""
