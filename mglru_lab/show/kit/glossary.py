"""The words of the argument, each with a sentence or two."""

WORDS = {
    "accessed bit": "A bit in a page table entry that the CPU sets when it uses the entry; the "
    "kernel reads and clears it to learn whether the page was used.",
    "aging": "Opening a new youngest generation; on the way page tables may be walked, and pages "
    "found used become members of the generation that was the youngest.",
    "Belady": "Belady's optimum: evict what is used again last. It knows the future, so it is no "
    "policy but a bound: no policy with as much memory misses less often.",
    "Bloom filter": "A small memory of page tables worth a visit: a walk that is not forced visits "
    "only the tables it holds; it may hold too many, never too few.",
    "break-even": "The price at which two ways cost the same; below it the one that looks first "
    "is the cheaper one.",
    "classic LRU": "What Linux does without MGLRU: an active and an inactive list a type of memory "
    "instead of generations.",
    "debugfs": "A file system of the kernel for those who debug it; lru_gen in it shows "
    "generations, and takes commands to age and to evict.",
    "eviction": "Taking pages from the oldest generation: one found used is kept, the others are "
    "swapped out.",
    "exact mode": "How most recordings here were made: one CPU, no preemption, a context switch "
    "after every access, so that the kernel is deterministic.",
    "feature bit": "A bit of /sys/kernel/mm/lru_gen/enabled: 0x1 MGLRU itself, 0x2 aging walks "
    "page tables, 0x4 it skips tables by their PMD's accessed bit, 0x8 (proposed only) it asks "
    "secondary MMUs.",
    "folio": "What reclaim moves: one page, or several that belong together; in this lab one page "
    "of 4 KiB.",
    "generation": "A group of folios of about the same age, numbered from min_seq, the oldest, to "
    "max_seq, the youngest; at most four exist at a time.",
    "guest": "A virtual machine: to the host a process whose memory somebody else uses, by page "
    "tables of KVM's.",
    "Kconfig": "The configuration with which a kernel is built; v4 and the proposal of the thread "
    "have a symbol in it, CONFIG_LRU_GEN_WALKS_SECONDARY_MMU.",
    "lockless": "Without taking mmu_lock: what asks does not wait for faulting vCPUs, nor do they "
    "wait for it.",
    "look-around": "What eviction does beside a page found used: it looks at up to 64 page table "
    "entries around it and promotes those found young.",
    "lruvec": "The lists and generations of one memory cgroup on one NUMA node.",
    "memcg": "A memory cgroup: processes that share a limit.",
    "memory limit": "memory.max, how much a memcg may be charged; who needs a page at the limit "
    "reclaims some first.",
    "memslot": "A range of a process's memory that KVM maps into a guest.",
    "mmu_lock": "KVM's lock of a guest's page tables; a question that needs it waits for guests' "
    "page faults, and they wait for it.",
    "nested guest": "A guest inside a guest; KVM maps its pages by shadow entries, so that the "
    "same page may have an entry in both kinds of table.",
    "non-leaf": "Of a page table entry: one that points to another table (a PMD, say), not to a "
    "page. x86 sets an accessed bit there, too, so that whole tables can be skipped (0x4).",
    "notifier": "A callback by which the kernel's memory management reaches a secondary MMU, "
    "to tell it of a change or to ask whether a page was used.",
    "page cache": "The pages that hold a file's data, used by mapping the file or by reading it.",
    "page table": "A page of 512 entries (PTEs) that says where virtual pages are in memory; 2 MiB "
    "of memory at 4 KiB a page.",
    "PID controller": "The feedback loop by which MGLRU compares refaults of tiers, and of "
    "anonymous and file memory, to decide which to protect.",
    "PMD": "The page table entry that points to a table of PTEs.",
    "primary MMU": "The CPU's own address translation, by the host process's page tables; a "
    "guest's accesses leave no bit in them.",
    "proactive reclaim": "Evicting what is idle before anybody needs the memory, as those do who "
    "age all the time to see how much is in use.",
    "promoted": "Put into a younger generation because it was found used; aging leaves such a page "
    "one behind the youngest.",
    "PTE": "Page table entry: of one page, with its accessed bit.",
    "quantum": "A span of so many accesses of a trace, within which only the set of pages touched "
    "is known.",
    "reclaim": "Making memory free again: aging and eviction together.",
    "recording": "What a real kernel was seen doing with a scenario: each page's generation, every "
    "counter, each access's hit or miss.",
    "refault": "The return of a page that reclaim had taken.",
    "rescued": "Met by eviction, found used after all, and moved to a younger generation instead "
    "of taken.",
    "rmap": "The reverse mapping: from a folio to the page table entries that map it.",
    "scanned": "Of a page at the end of the list: looked at by eviction, whatever comes of it.",
    "scenario": "A small text file, one command a line, that says what happens to memory; model "
    "and real kernel run the same one.",
    "secondary MMU": "A second address translation of the same memory, as KVM's for a guest.",
    "selftest": "A program of the kernel's sources that tests it; here access_tracking_perf_test, "
    "which ages a guest's memory and asserts what must move.",
    "shadow entry": "In KVM: an entry of page tables kept in software, for nested guests or "
    "without TDP. In mm/workingset.c, something else: what stays in place of an evicted page to "
    "tell a refault.",
    "SPTE": "Shadow page table entry: KVM's name for an entry of the secondary MMU, of any kind.",
    "swappiness": "How readily anonymous memory is swapped instead of dropping the page cache: 0 "
    "to 200.",
    "TDP": "Two-dimensional paging: the CPU translates guest addresses itself, by page tables that "
    "KVM keeps (EPT on Intel, NPT on AMD).",
    "tier": "Within a generation, folios of files sorted by how often they were used through file "
    "descriptors.",
    "TLB": "The CPU's cache of address translations; a translation changed in the tables may have "
    "to be flushed from it.",
    "trace": "Which pages a program or a guest touched, in order.",
    "vCPU": "A CPU of a guest: a thread of the host that runs guest code, and faults for it.",
    "walk": "Aging's visit to a process's page tables, entry by entry, to read and clear accessed "
    "bits.",
    "working set": "The memory in use during some span of time.",
    "workingset": "mm/workingset.c, which tells a refault by what eviction left behind; also the "
    "names of its counters, workingset_refault_anon and others.",
    "young": "Of a page or an entry: its accessed bit is set, it was used since the bit was last "
    "cleared.",
    "zram": "Swap space in compressed memory: quick, and it costs memory itself.",
}


def page() -> str:
    """All of them as docs/reference/glossary.md, a heading each."""
    rows = "".join(f"## {word}\n\n{said}\n\n" for word, said in WORDS.items())
    return f"# Glossary\n\n{rows}Made from `mglru_lab/show/kit/glossary.py`.\n"
