import pytest

from mglru_lab.recorder import tools
from mglru_lab.recorder.tools import BY_NAME, OWN_KERNEL, RecorderError


def test_a_missing_program_is_named_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tools, "_path", lambda program: None if "qemu" in program else "/bin/x")
    assert tools.missing() == ["qemu-system-x86_64"]
    assert tools.path("gcc") == "/bin/x"
    wanted = (
        "qemu-system-x86_64 is not installed; on Debian, as root: "
        "apt-get install --no-install-recommends qemu-system-x86; "
        "on Fedora: dnf install qemu-system-x86-core"
    )
    with pytest.raises(RecorderError, match=f"^{wanted}$"):
        tools.path("qemu-system-x86_64")


def test_everything_that_is_missing_is_asked_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "_path", lambda program: None)
    with pytest.raises(
        RecorderError, match=r"gcc libc6-dev qemu-system-x86; on Fedora: dnf .* gcc gli"
    ):
        tools.path("gcc", *OWN_KERNEL)
    with pytest.raises(RecorderError, match="qemu-system-x86 gcc libc6-dev apt dpkg"):
        tools.path("qemu-system-x86_64", *BY_NAME)


def test_what_fedora_does_not_have_is_not_said_to_be_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tools, "_path", lambda program: None)
    with pytest.raises(RecorderError) as told:
        tools.path("aarch64-linux-gnu-gcc")
    assert "Fedora" not in str(told.value)


def test_a_command_that_fails_says_why() -> None:
    with pytest.raises(RecorderError, match=r"sh -c .* failed: no such thing"):
        tools.run("sh", "-c", "echo no such thing >&2; exit 3")
