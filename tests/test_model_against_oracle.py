"""The model equals the slow per-access one, page by page, on scenarios nobody thought of."""

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import mglru_lab as ml
from mglru_lab.kernel.rules import FAMILIES
from mglru_lab.lab.run.unrecorded import Unrecorded
from mglru_lab.policy.kernel import RECORDS
from mglru_lab.scenario.generators import trace
from tests import oracle, oracle_files, truth
from tests.recorded import RECORDED

COMMON = [*oracle.COUNTERS, "min_seq", "max_seq"]


switches = st.none() | st.integers(0, 31)


def assert_equal(text: str, variant: str, rules: str, unrecorded: Unrecorded | None = None) -> None:
    assert_kernel_equals(text, ml.Kernel(variant=variant, rules=rules), variant, unrecorded)


def assert_kernel_equals(
    text: str,
    kernel: ml.Kernel,
    policy: str | oracle.Policy,
    unrecorded: Unrecorded | None = None,
    slow_text: str = "",
) -> None:
    unrecorded = unrecorded or Unrecorded()
    model = ml.run(ml.Scenario(text), kernel, unrecorded=unrecorded)
    slow = oracle.run(
        slow_text or text,
        rules=kernel.rules,
        policy=policy,
        traces=lambda name: trace(name.split("/")[-1].removesuffix(".u32")).tolist(),
        phase=unrecorded.phase,
        first_dump=unrecorded.first_dump,
    )
    for label, dump in slow.dumps.items():
        shown = model.page_map(label).tobytes().decode()
        assert shown == dump.map, f"page map at {label}"
        if dump.mapg is not None:
            assert model.page_map(label, 1).tobytes().decode() == dump.mapg, f"guest map at {label}"
        sizes = model.generations.filter(dump=label, type="anon")
        assert dict(sizes.select("seq", "pages").iter_rows()) == dump.generations
    for label, counters in slow.stats.items():
        ours = model.counters(label)
        assert {name: ours[name] for name in COMMON} == {name: counters[name] for name in COMMON}
        assert ours["memory.current"] == counters["memory_current"] * 4096
    if slow.misses is not None:
        assert model.misses is not None
        assert model.misses.tolist() == slow.misses


pages = st.integers(0, 1400)
touches = st.builds(
    lambda kind, first, length, step: f"{kind} {first} {min(first + length, 1400)} {step}",
    st.sampled_from(["touch", "touch", "utouch", "rtouch"]),
    pages,
    st.integers(1, 1400),
    st.sampled_from([1, 1, 2, 7, 9, 64]),
)
debugfs = st.sampled_from(
    ["age", "age", "age 1 0", "evict old", "evict old 200 40", "evict all", "settle"]
)
commands = st.lists(touches | debugfs, min_size=1, max_size=25)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    commands=commands,
    kind=st.sampled_from(["anon", "kvm"]),
    enabled=st.sampled_from([1, 3, 7]),
    limit=st.none() | st.integers(70, 1200),
    variant=st.sampled_from(["6.1", "6.12"]),
    rules=st.sampled_from(FAMILIES),
    phase=st.integers(0, 14),
    switch=switches,
)
def test_one_region(
    commands: list[str],
    kind: str,
    enabled: int,
    limit: int | None,
    variant: str,
    rules: str,
    phase: int,
    switch: int | None,
) -> None:
    head = [f"enabled {enabled}", f"region 1400 {kind}"]
    if switch is not None:
        head.insert(0, f"knob lru_gen_ask {switch}")
    if limit:
        head.append(f"limit {limit}")
    body = [line for n, c in enumerate(commands) for line in (c, f"dump d{n}")]
    assert_equal("\n".join([*head, *body]), variant, rules, Unrecorded(phase=phase))


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(1, 10**6),
    enabled=st.sampled_from([1, 3, 7]),
    limit=st.integers(300, 5000),
    kind=st.sampled_from(["anon", "kvm"]),
    variant=st.sampled_from(["6.1", "6.12"]),
    rules=st.sampled_from(FAMILIES),
    yields=st.sampled_from(["", "fifo 1\nyield 1\n", "fifo 1\nyield 50\n", "fifo 1\n"]),
    workload=st.sampled_from(["uniform_15", "zipf08_15", "zipf10_15", "hotscan_15"]),
)
def test_pressure(
    seed: int,
    enabled: int,
    limit: int,
    kind: str,
    variant: str,
    rules: str,
    yields: str,
    workload: str,
) -> None:
    text = (
        f"{yields}enabled {enabled}\nregion 6144 {kind}\nlimit {limit}\nmisslog 2\n"
        f"trace {workload}\nreplaymarks {seed % 7000} {seed % 7000 + 12000} 4\n"
        "age\nsettle\ndump end"
    )
    assert_equal(text, variant, rules)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    start=st.integers(0, 100_000),
    limit=st.integers(300, 6000),
    variant=st.sampled_from(["6.1", "6.12"]),
    rules=st.sampled_from(FAMILIES),
    byuser=st.booleans(),
    workload=st.sampled_from(["m_share20", "m_share50", "m_share80"]),
    switch=switches,
)
def test_host_and_guest_in_one_memcg(
    start: int,
    limit: int,
    variant: str,
    rules: str,
    byuser: bool,
    workload: str,
    switch: int | None,
) -> None:
    knob = "" if switch is None else f"knob lru_gen_ask {switch}\n"
    text = (
        f"{knob}region 4096 anon\nregion 4096 kvm\nlimit {limit}\nbyuser {int(byuser)}\n"
        f"trace {workload}\nreplaymarks {start} {start + 12000} 4\nage\nsettle\ndump end"
    )
    assert_equal(text, variant, rules)


thread = st.sampled_from(list(RECORDS))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    commands=commands,
    kind=st.sampled_from(["anon", "kvm"]),
    limit=st.none() | st.integers(70, 1200),
    which=thread,
    mmu=st.sampled_from([*truth.MMUS, "s390"]),
    kconfig=st.booleans(),
    enabled=st.sampled_from([0x1, 0x3, 0x7, 0x9, 0xB, 0xF]),
    nested=st.sampled_from(["", "nested=0", "nested=0.3", "nested=0.5@7/scattered", "nested=1"]),
    rules=st.sampled_from(FAMILIES),
)
def test_every_answer_of_the_thread_on_every_mmu(
    commands: list[str],
    kind: str,
    limit: int | None,
    which: tuple[str, str],
    mmu: str,
    kconfig: bool,
    enabled: int,
    nested: str,
    rules: str,
) -> None:
    """The policies of the slow model come from tables written by hand, page by page."""
    variant, reading = which
    assume(mmu != "s390" or variant == "7.3")  # else there is nobody to ask
    kernel = ml.Kernel(variant=variant, reading=reading, rules=rules, kconfig=kconfig, mmu=mmu)
    nested = nested if kind == "kvm" and mmu == "x86-tdp-nested" else ""
    told = nested or "nested=1" * (kind == "kvm" and mmu == "x86-tdp-nested")
    body = [f"limit {limit}"] if limit else []
    body += [line for n, c in enumerate(commands) for line in (c, f"dump d{n}")]
    texts = [
        "\n".join([f"enabled {enabled:#x}", f"region 1400 {kind} {share}", *body])
        for share in (nested, told)
    ]
    known = enabled if kernel.record.knows_bit else enabled & 7
    policy = truth.oracle_policy(variant, reading, mmu, kconfig, known)
    assert_kernel_equals(texts[0], kernel, policy, slow_text=texts[1])


reads = st.builds(
    lambda first, length, step: f"rtouch {first} {min(first + length, 1400)} {step}",
    pages,
    st.integers(1, 1400),
    st.sampled_from([1, 1, 2, 7, 9, 64]),
)
evictions = st.builds(
    lambda which, swappiness, most: f"evict {which} {swappiness} {most}",
    st.sampled_from(["old", "all"]),
    st.sampled_from([1, 60, 200]),
    st.sampled_from([40, 10**6]),
)
file_commands = st.lists(
    reads | reads | evictions | st.sampled_from(["age", "age", "age 1 0", "settle"]),
    min_size=1,
    max_size=25,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    commands=file_commands,
    kind=st.sampled_from(["file", "rfile"]),
    enabled=st.sampled_from([1, 3, 7]),
    limit=st.none() | st.integers(70, 1200),
    swappiness=st.sampled_from([1, 60, 150, 200]),
    rules=st.sampled_from(RECORDED),
    phase=st.integers(0, 14),
)
def test_a_file(
    commands: list[str],
    kind: str,
    enabled: int,
    limit: int | None,
    swappiness: int,
    rules: str,
    phase: int,
) -> None:
    head = [f"enabled {enabled}", f"sysctl vm/swappiness {swappiness}", f"region 1400 {kind}"]
    body = [line for n, c in enumerate(commands) for line in (c, f"dump d{n}")]
    text = "\n".join([*head, *([f"limit {limit}"] if limit else []), *body])
    assert_file_equals(text, rules, phase)


def assert_file_equals(text: str, rules: str, phase: int = 0) -> None:
    model = ml.run(ml.Scenario(text), ml.Kernel(variant=rules), unrecorded=Unrecorded(phase=phase))
    slow = oracle_files.run(
        text, rules=rules, traces=lambda name: trace(name).tolist(), phase=phase
    )
    for label, dump in slow.dumps.items():
        assert model.page_map(label).tobytes().decode() == dump.map, f"page map at {label}"
    for label, theirs in slow.stats.items():
        ours, names = model.counters(label), oracle_files.COUNTERS
        assert {name: ours[name] for name in names} == {name: theirs[name] for name in names}
        assert ours["memory.current"] == theirs["memory_current"] * 4096


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    start=st.integers(0, 80_000),
    limit=st.integers(300, 3000),
    kind=st.sampled_from(["file", "rfile"]),
    enabled=st.sampled_from([1, 7]),
    swappiness=st.sampled_from([1, 60, 190, 200]),
    rules=st.sampled_from(RECORDED),
    workload=st.sampled_from(["zipf08_15", "zipf10_15", "hotscan_15", "uniform_15"]),
)
def test_a_file_under_pressure(
    start: int, limit: int, kind: str, enabled: int, swappiness: int, rules: str, workload: str
) -> None:
    text = (
        f"enabled {enabled}\nsysctl vm/swappiness {swappiness}\ntrace {workload}\nasread\n"
        f"region 6144 {kind}\nlimit {limit}\nreplaymarks {start} {start + 14000} 4\n"
        "settle\ndump end"
    )
    assert_file_equals(text, rules)
