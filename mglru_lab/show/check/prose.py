"""What a check found, in sentences with its numbers. Plain text out."""

from mglru_lab.kernel.releases import family_of
from mglru_lab.kernel.rules import RULES
from mglru_lab.lab.check.calls import LOCKS
from mglru_lab.lab.check.check_report import Question, Report


def ran(report: Report) -> str:
    """How much of the set came through, and why the rest did not."""
    checked = report.checked
    head = f"{len(checked.results)} of {len(checked.scenarios)} scenarios ran on {checked.title}."
    reasons: dict[str, list[str]] = {}
    for name, reason in checked.failed.items():
        reasons.setdefault(reason, []).append(name)
    lines = [f"Not run: {', '.join(names)}: {reason}" for reason, names in reasons.items()]
    return "\n".join([head, *lines])


def nearest(report: Report) -> str:
    """The family that the kernel follows, and whether it is the one that its release names."""
    family = report.nearest
    if not family.matches:
        return "None of these scenarios is known to the model, so no family can be named."
    expected = family_of(report.checked.release)
    differing, pages = family.pages
    ties = [f.rules for f in report.families[1:] if f.nearness == family.nearness]
    named = f"{family.rules} (and {', '.join(ties)} alike)" if ties else family.rules
    own = "as its release says" if expected in (family.rules, *ties) else f"not {expected}"
    text = f"The nearest family of rules is {named}, {own}: "
    text += f"{family.equal} of {len(family.matches)} scenarios equal the model"
    if differing:
        text += f"; {differing:,} of {pages:,} places of pages differ"
    if family.counters:
        text += f"; {family.counters:,} counters differ at their labels"
    if expected not in RULES:
        text += f". The model has no rules of {expected} yet"
    if report.swaps_to_disk:
        text += (
            ". Its swap is a disk, which writes and reads ahead while reclaim goes on; the model's"
        )
        text += " answers at once, so what swaps may differ"
    return text + "."


def who_asks(question: Question) -> str:
    """Whether aging, or eviction, asked KVM, how often, and under which lock."""
    calls, pages = question.calls, question.pages
    doing = {
        "aging": f"One aging of a guest's {pages:,} pages",
        "eviction": f"Eviction of {pages:,} of its pages",
    }.get(question.doing, question.doing)
    if not calls.asked:
        return f"{doing} does not ask KVM: no call of kvm_mmu_notifier_*young."
    by = ", ".join(calls.questions)
    locked = calls.locked()
    under = (
        ", ".join(f"taking {lock} {count:,} times" for lock, count in locked.items())
        or f"without mmu_lock (neither {' nor '.join(LOCKS)} in KVM's answer)"
    )
    text = f"{doing} asks KVM {calls.asked:,} times ({by}), {under}."
    unmapping = calls.locked(unmapping=True)
    if unmapping:
        taken = ", ".join(f"{lock} {count:,} times" for lock, count in unmapping.items())
        text += f" Unmapping takes {taken}."
    return text


def host_and_guest(report: Report) -> str:
    """What the guest's secondary MMU changes for host and guest that share a limit."""
    shared = report.shared
    if shared is None:
        return ""
    (host, guest), (host_without, guest_without) = shared["kvm"], shared["control"]
    return (
        f"Host and guest share 4,096 pages: the host brings in {host:,} pages and the guest "
        f"{guest:,}. Where userspace touches the guest's memory instead (the control), it is "
        f"{host_without:,} and {guest_without:,}. With KVM the host brings in "
        f"{_more(host, host_without)}, the guest {_more(guest, guest_without)}."
    )


def _more(value: int, base: int) -> str:
    """By what share `value` is more or less than `base`, in words."""
    if value == base:
        return "as many"
    if not base:
        return f"{value:,} instead of none"
    exact = abs(value - base) / base
    shown = f"{exact:.1%}" if exact >= 0.001 else f"{exact:.3%}"
    return f"{shown} {'more' if value > base else 'less'}"


def against(report: Report) -> str:
    """How much differs between the two kernels."""
    changes = report.changes or []
    apart = [change for change in changes if not change.equal]
    head = f"Against {report.against}: "
    if not changes:
        return head + "no scenario ran on both."
    if not apart:
        return (
            head + f"{len(changes)} scenarios ran on both, and none differs in anything compared."
        )
    differing = sum(change.differing[0] for change in apart)
    pages = sum(change.differing[1] for change in changes)
    return (
        f"{head}of {len(changes)} scenarios that ran on both, {len(apart)} differ; "
        f"{differing:,} of {pages:,} places of pages differ."
    )
