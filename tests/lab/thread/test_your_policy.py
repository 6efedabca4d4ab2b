import mglru_lab as ml
from mglru_lab.lab.price.verdict import table, verdict
from mglru_lab.lab.thread import your_policy
from mglru_lab.lab.thread.look_around_cases import CASES
from mglru_lab.lab.thread.your_policy import ASLEEP, AWAKE


def test_a_rule_sees_the_hosts_bits_and_what_a_question_would_take() -> None:
    seen = your_policy.what_is_seen("arm64", kvm="v4")
    assert seen["primary_young"].to_list() == ["yes", "yes", *["no"] * 6]
    assert seen["guest"].to_list() == ["no"] * 4 + ["yes"] * 4
    assert seen["lock"].to_list() == ["none"] * 4 + ["read"] * 4
    assert set(seen["distance"]) == {1}
    assert your_policy.what_is_seen("arm64", kvm="6.12")["lock"].to_list()[-1] == "write"


def test_questions_about_a_sleeping_guest_are_counted_aging_by_aging() -> None:
    kernels = [ml.Kernel(variant="existing"), ml.Kernel(variant=ml.adaptive())]
    frame = your_policy.sleepy(kernels)
    never, some = (frame.filter(option=kernel.name)["value"].to_list() for kernel in kernels)
    assert len(never) == 2 * AWAKE + ASLEEP
    assert set(never) == {0}
    awake, asleep = some[AWAKE - 1], some[AWAKE + ASLEEP - 1] - some[AWAKE - 1]
    assert asleep < awake
    assert some == sorted(some)


def test_what_questions_are_worth_is_the_threshold_of_each() -> None:
    kernels = [ml.Kernel(variant=name) for name in ("existing", "6.12")]
    scenario = CASES["regrow"].scenario(kernels[1])
    scenario = ml.Scenario(f"{scenario.text}stat end\n", scenario.source)
    found = ml.threshold(scenario, kernels[1], kernels[0])
    worth = your_policy.worth(scenario, kernels[1:], kernels[0])
    assert list(worth) == ["6.12"]
    assert (worth["6.12"].asking, worth["6.12"].existing) == (found.asking, found.existing)
    row = table(worth).row(0, named=True)
    assert row["calls in dispute"] == found.calls
    assert row["saved by them (us)"] == round(found.saved / 1e3)
    assert row["verdict"] == verdict(found).short
