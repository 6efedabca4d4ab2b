"""The timeline says of every variant what became of it, and dates rules as their table does."""

from mglru_lab.kernel.rules import FAMILIES, RULES
from mglru_lab.lab.mechanisms.timeline import MERGED, NEVER, TIMELINE, table
from mglru_lab.policy.kernel import Kernel
from mglru_lab.policy.kernel_by_release import EVER_RELEASED
from mglru_lab.policy.kvm import KVMS
from mglru_lab.policy.variants import NAMES, VARIANTS

MERGED_POLICIES = {policy for policy, _, _ in EVER_RELEASED}


def test_every_variant_of_the_thread_has_its_place() -> None:
    named = {one.variant for one in TIMELINE if one.variant}
    assert named == set(NAMES) - {"existing"}
    for one in TIMELINE:
        if one.variant:
            assert one.fate == (MERGED if one.variant in MERGED_POLICIES else NEVER)
            assert any(
                one.source in record.source or record.source.startswith(("the mail", "Linux"))
                for (name, _), record in VARIANTS.items()
                if name == one.variant
            )


def test_no_kernel_has_a_bit_or_a_kconfig() -> None:
    for policy in MERGED_POLICIES:
        record = Kernel(variant=policy).record
        assert not record.knows_bit
        assert record.kconfig == "ignored"
        assert record.by == "ordinary"


def test_rules_changed_with_the_release_that_the_timeline_says() -> None:
    dated = [one for one in TIMELINE if one.rule]
    assert {one.when for one in dated} == set(FAMILIES) - {"6.1", "6.12"}
    for one in dated:
        before = FAMILIES[FAMILIES.index(one.when) - 1]
        assert getattr(RULES[one.when], one.rule) != getattr(RULES[before], one.rule)


def test_kvms_code_changed_with_the_releases_that_the_timeline_says() -> None:
    told = {one.when for one in TIMELINE}
    assert {name for name in KVMS if name[0] in "67"} <= told


def test_it_is_in_the_order_of_time() -> None:
    dates = [one.when for one in TIMELINE if "-" in one.when]
    assert dates == sorted(dates)
    numbers = [tuple(map(int, one.when.split("."))) for one in TIMELINE if "-" not in one.when]
    assert numbers == sorted(numbers)
    assert table().columns == ["when", "what", "became", "source"]
