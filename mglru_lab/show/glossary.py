"""The words of the argument, each with one sentence: in notebooks and as docs/glossary.md."""

from html import escape

from IPython.display import HTML

WORDS = {
    "accessed bit": "A bit in a page table entry that the CPU sets when it uses the entry; the "
    "kernel reads and clears it to learn whether the page was used.",
    "aging": "Opening a new youngest generation; on the way page tables may be walked, and pages "
    "found used become members of the generation that was the youngest.",
    "Bloom filter": "A small memory of page tables worth a visit: a walk that is not forced visits "
    "only the tables it holds; it may hold too many, never too few.",
    "eviction": "Taking pages from the oldest generation: one found used is kept, the others are "
    "swapped out.",
    "folio": "What reclaim moves: one page, or several that belong together; in this lab one page "
    "of 4 KiB.",
    "generation": "A group of folios of about the same age, numbered from min_seq, the oldest, to "
    "max_seq, the youngest; at most four exist at a time.",
    "look-around": "What eviction does beside a page found used: it looks at up to 64 page table "
    "entries around it and promotes those found young.",
    "lruvec": "The lists and generations of one memory cgroup on one NUMA node.",
    "memcg": "A memory cgroup: processes that share a limit.",
    "mmu_lock": "KVM's lock of a guest's page tables; a question that needs it waits for guests' "
    "page faults, and they wait for it.",
    "notifier": "A callback by which the kernel's memory management reaches a secondary MMU, "
    "to tell it of a change or to ask whether a page was used.",
    "primary MMU": "The CPU's own address translation, by the host process's page tables; a "
    "guest's accesses leave no bit in them.",
    "refault": "The return of a page that reclaim had taken.",
    "rmap": "The reverse mapping: from a folio to the page table entries that map it.",
    "secondary MMU": "A second address translation of the same memory, as KVM's for a guest.",
    "SPTE": "Shadow page table entry: KVM's name for an entry of the secondary MMU.",
    "TDP": "Two-dimensional paging: the CPU translates guest addresses itself, by page tables that "
    "KVM keeps (EPT on Intel, NPT on AMD).",
    "tier": "Within a generation, folios of files sorted by how often they were used through file "
    "descriptors.",
}


def words(*chosen: str) -> HTML:
    """These words, or all, with their sentences, folded away; raises ValueError for another."""
    unknown = [word for word in chosen if word not in WORDS]
    if unknown:
        raise ValueError(f"word {unknown[0]!r} is unknown; known are {', '.join(WORDS)}")
    rows = "".join(
        f"<dt><b>{escape(word)}</b></dt><dd>{escape(WORDS[word])}</dd>" for word in chosen or WORDS
    )
    return HTML(f"<details><summary>The words used here</summary><dl>{rows}</dl></details>")


def page() -> str:
    """All of them as docs/glossary.md."""
    rows = "".join(f"**{word}**: {said}\n\n" for word, said in WORDS.items())
    return f"# Glossary\n\n{rows}Made from `mglru_lab/show/glossary.py`.\n"
