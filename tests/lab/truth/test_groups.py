from mglru_lab.lab.truth.groups import GROUPS, SWITCHED, group_of
from mglru_lab.lab.truth.recordings import Recording


def test_every_group_has_recordings_and_only_the_last_may_be_empty(
    recorded: list[Recording],
) -> None:
    found = {id(group_of(recording)) for recording in recorded}
    assert [group.title for group in (*GROUPS, *SWITCHED) if id(group) not in found] == ["others"]


def test_what_must_be_equal_gives_no_reason_and_what_need_not_does() -> None:
    for group in (*GROUPS, *SWITCHED):
        assert bool(group.reason) != group.must_equal or group.title == "others", group


def test_a_group_of_one_kernel_leaves_the_others_to_a_later_one() -> None:
    groups = {
        rules: group_of(Recording("file", "m_share50_kvm_en7_y1_r1", rules, "", True))
        for rules in ("6.1.170", "6.12.117")
    }
    assert groups["6.12.117"].must_equal
    assert not groups["6.1.170"].must_equal
    assert groups["6.12.117"].title == groups["6.1.170"].title
