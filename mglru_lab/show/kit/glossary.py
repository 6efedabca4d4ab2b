"""The words of the argument, each with a sentence or two.

`python -m mglru_lab.show.kit.glossary` writes docs/reference/glossary.md from them.
"""

import re
from pathlib import Path

from mglru_lab.policy.variants import VARIANTS, readings


def _variant(name: str) -> str:
    """What a variant does and where it comes from, as its records say."""
    records = [VARIANTS[name, reading] for reading in readings(name)]
    says = list(dict.fromkeys(record.in_words for record in records))
    does = says[0] if len(says) == 1 else f"in the mail's words, {says[0]}; as coded, {says[1]}"
    source = re.sub(r", \S+@\S+$", "", records[-1].source)
    return f"A variant: {does} ({source})."


WORDS = {
    "accessed bit": "A bit in a page table entry that the CPU sets when it uses the entry. The "
    "kernel reads and clears it to learn whether the page was used.",
    "aging": "Opening a new youngest generation. The kernel may walk page tables for it; pages "
    "found used join the generation that was the youngest so far.",
    "arm64": "A kind of secondary MMU: an arm64 host whose CPUs set accessed bits in KVM's tables "
    "(stage 2). Which lock a question takes depends on the variant: none, for read, or for write.",
    "Belady": "Belady's optimum: evict the page whose next use is furthest away. It knows the "
    "future, so it is not a policy but a bound: no policy with as much memory misses less often.",
    "Bloom filter": "A small memory of page tables that are worth a visit. A walk that is not "
    "forced visits only the tables it holds. It may hold too many, never too few.",
    "break-even": "The price at which two ways cost the same. Below it the way that asks first is "
    "cheaper.",
    "classic LRU": "What Linux does without MGLRU: an active and an inactive list for each type of "
    "memory instead of generations.",
    "Clock": "A bound here: pages in a ring, each with one bit that a further use sets. A hand "
    "goes round, clears set bits, and evicts the first page whose bit is clear.",
    "debugfs": "A file system of the kernel for debugging. Its file lru_gen shows generations, and "
    "takes commands to age and to evict.",
    "eviction": "Taking pages from the oldest generation. A page found used is kept, the others "
    "are swapped out.",
    "exact mode": "How most recordings here were made: one CPU, no preemption, a context switch "
    "after every access, so that the kernel is deterministic.",
    "feature bit": "A bit of /sys/kernel/mm/lru_gen/enabled: 0x1 is MGLRU itself; 0x2: aging walks "
    "page tables; 0x4: it skips tables by their PMD's accessed bit; 0x8 (only in the posted "
    "series, never merged): it asks secondary MMUs.",
    "FIFO": "A bound here: evict what came in first, whether it is used or not.",
    "folio": "What reclaim moves: one page, or several that belong together. In this lab it is one "
    "page of 4 KiB.",
    "generation": "A group of folios of about the same age, numbered from min_seq (the oldest) to "
    "max_seq (the youngest). At most four exist at a time.",
    "guest": "A virtual machine. To the host it is a process whose memory is used through page "
    "tables that KVM keeps.",
    "Kconfig": "The configuration with which a kernel is built. Here: "
    "CONFIG_LRU_GEN_WALKS_SECONDARY_MMU, a symbol in v4 and in the proposal of the mail.",
    "KVM": "The part of Linux that runs virtual machines. It keeps the page tables of guests, the "
    "secondary MMU.",
    "lockless": "Without taking mmu_lock: the question does not wait for faulting vCPUs, and they "
    "do not wait for it.",
    "look-around": "What eviction does at a page found used: it looks at up to 64 page table "
    "entries around it and promotes those found young.",
    "LRU": "Least recently used: evict the page that was not used for the longest time. A bound "
    "here, because it sees each access as it happens, which no kernel does.",
    "lruvec": "The lists and generations of one memory cgroup on one NUMA node.",
    "memcg": "A memory cgroup: processes that share a limit.",
    "memory limit": "memory.max, how much memory a memcg may be charged. Whoever needs a page at "
    "the limit reclaims some first.",
    "memslot": "A range of a process's memory that KVM maps into a guest.",
    "MGLRU": "The Multi-Gen LRU, Linux's page reclaim with generations (since 6.1).",
    "mmu_lock": "KVM's lock for a guest's page tables. A question that takes it waits for the "
    "guest's page faults, and they wait for it.",
    "nested guest": "A guest inside a guest. KVM maps its pages by shadow entries, so that the "
    "same page may have an entry in both kinds of table.",
    "non-leaf": "Of a page table entry: it points to another table, not to a page (a PMD, for "
    "example). x86 sets an accessed bit there, too, so that whole tables can be skipped (0x4).",
    "notifier": "A callback by which the kernel's memory management reaches a secondary MMU, to "
    "report a change or to ask whether a page was used.",
    "page cache": "The pages that hold a file's data. They are used by mapping the file or by "
    "reading it.",
    "page table": "A page of 512 entries (PTEs) that says where virtual pages are in memory. With "
    "pages of 4 KiB it covers 2 MiB.",
    "perfect aging": "A bound here: the kernel itself, run as if all accesses set bits in the "
    "primary MMU, so that aging sees every one for free.",
    "PID controller": "The feedback loop by which MGLRU compares refaults of tiers, and of "
    "anonymous and file memory, to decide which to protect.",
    "PMD": "The page table entry that points to a table of PTEs.",
    "POWER9": "A CPU that sets no accessed bits in page tables by hardware. With it 0x2 has no "
    "effect: aging walks nothing, and `enabled` reads back without it.",
    "ppc-radix": "A kind of secondary MMU: a POWER host whose guests use radix page tables. Its "
    "mmu_lock is a spinlock, so a question that takes it excludes everybody.",
    "primary MMU": "The CPU's own address translation, by the host process's page tables. A "
    "guest's accesses leave no bit in them.",
    "proactive reclaim": "Evicting what is idle before anybody needs the memory, as people do who "
    "age all the time to see how much memory is in use.",
    "promoted": "Put into a younger generation because it was found used. After aging, such a page "
    "is one generation behind the youngest.",
    "PTE": "Page table entry: the entry of one page, with its accessed bit.",
    "quantum": "A span of a fixed number of accesses in a trace. Within it only the set of touched "
    "pages is known.",
    "reclaim": "Making memory free again: aging and eviction together.",
    "recording": "What a real kernel did with a scenario: each page's generation, every counter, "
    "each access's hit or miss.",
    "refault": "The return of a page that reclaim had taken.",
    "rescued": "Found used when eviction reached it, and moved to a younger generation instead of "
    "being taken.",
    "rmap": "The reverse mapping: from a folio to the page table entries that map it.",
    "s390": "A kind of secondary MMU: an IBM Z host. Since 7.2 its KVM has notifiers, and ages "
    "under mmu_lock for read; before, a guest's accesses were in the host's own page tables.",
    "scanned": "Of a page at the end of the list: looked at by eviction, whether it is taken or "
    "kept.",
    "scenario": "A small text file, one command per line, that says what happens to memory. Model "
    "and real kernel run the same file.",
    "secondary MMU": "A second address translation of the same memory, such as KVM's for a guest.",
    "selftest": "A program in the kernel's sources that tests the kernel. Here: "
    "access_tracking_perf_test, which ages a guest's memory and asserts what must move.",
    "shadow entry": "In KVM: an entry of page tables kept in software, for nested guests or "
    "without TDP. In mm/workingset.c, something else: what stays in place of an evicted page, to "
    "recognise a refault.",
    "SPTE": "Shadow page table entry: KVM's name for an entry of the secondary MMU, of any kind.",
    "swappiness": "How readily anonymous memory is swapped out instead of dropping page cache: 0 "
    "to 200.",
    "TDP": "Two-dimensional paging: the CPU translates guest addresses itself, by page tables that "
    "KVM keeps (EPT on Intel, NPT on AMD).",
    "tier": "Within a generation, a class of file folios by how often they were used through file "
    "descriptors.",
    "TLB": "The CPU's cache of address translations. After a change in the tables, an old "
    "translation may have to be flushed from it.",
    "trace": "Which pages a program or a guest touched, in order.",
    "v1": _variant("v1"),
    "v2": _variant("v2"),
    "v3": _variant("v3"),
    "v4": _variant("v4"),
    "v5": _variant("v5"),
    "v6": _variant("v6"),
    "v7": _variant("v7"),
    "variant": "One answer to the question of when aging asks the secondary MMU: a posted series, "
    "a kernel, a reading of the mail, or a policy of your own.",
    "vCPU": "A CPU of a guest: a thread of the host that runs guest code and takes its page "
    "faults.",
    "walk": "Aging's visit to a process's page tables, entry by entry, to read and clear accessed "
    "bits.",
    "working set": "The memory in use during some span of time.",
    "workingset": "mm/workingset.c, which recognises a refault by what eviction left behind; also "
    "a part of the names of its counters, such as workingset_refault_anon.",
    "x86-shadow": "A kind of secondary MMU: x86 without TDP. KVM keeps all of a guest's page "
    "tables in software, as shadow entries.",
    "x86-tdp-ad": "A kind of secondary MMU: x86 with TDP, where the CPU sets accessed bits in "
    "KVM's tables. The usual host today, without nested guests.",
    "x86-tdp-nested": "A kind of secondary MMU: x86 with TDP while a nested guest runs, for which "
    "KVM keeps shadow entries as well.",
    "x86-tdp-noad": "A kind of secondary MMU: x86 with TDP whose tables have no accessed bits set "
    "by the CPU (before Haswell, or switched off). KVM removes an entry's permissions instead, and "
    "the next access faults.",
    "x86-tdp-was-nested": "A kind of secondary MMU: x86 with TDP after the last nested guest has "
    "ended. No shadow entries are in use, but KVM still remembers that there were some, and some "
    "variants decide by that.",
    "young": "Of a page or an entry: its accessed bit is set, so it was used since the bit was "
    "last cleared.",
    "zram": "Swap space in compressed memory: quick, but it uses memory itself.",
}
"""What is marked wherever it stands. In the order of the alphabet, as they are in the document."""

NAMES = {
    "6.1": _variant("6.1"),
    "6.12": _variant("6.12"),
    "6.15": _variant("6.15"),
    "exact": _variant("exact"),
    "existing": _variant("existing"),
    "other": "A kind of secondary MMU: any other host, such as RISC-V. Its mmu_lock is a spinlock, "
    "so each question excludes everybody.",
    "proposed": _variant("proposed"),
}
"""Words that mean something else in a sentence: marked only alone, in code or emphasis."""


def page() -> str:
    """All of them as docs/reference/glossary.md, a heading each."""
    entries = sorted((WORDS | NAMES).items(), key=lambda entry: entry[0].lower())
    rows = "".join(f"## {word}\n\n{said}\n\n" for word, said in entries)
    return f"# Glossary\n\n{rows}Made from `mglru_lab/show/kit/glossary.py`.\n"


if __name__ == "__main__":
    document = Path(__file__).parents[3] / "docs" / "reference" / "glossary.md"
    document.write_text(page(), encoding="utf-8")
