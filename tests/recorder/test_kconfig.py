import re
from pathlib import Path

import pytest

from mglru_lab.recorder import kconfig, program
from mglru_lab.recorder.kconfig import NEEDS, fragment, lacking, parse
from mglru_lab.recorder.modules import Modules
from tests.recorder.fakes import ALL_NEEDED, module

EVERYTHING = ("kvm", "files", "mnt", "trace")


def symbols(needs: list[kconfig.Need]) -> list[str]:
    return [need.symbol for need in needs]


def test_a_kernel_built_with_the_fragment_lacks_nothing() -> None:
    assert lacking(parse(fragment()), None, EVERYTHING) == []


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.symbol)
def test_whatever_the_fragment_names_as_a_need_is_missed(need: kconfig.Need) -> None:
    without = fragment().replace(f"CONFIG_{need.symbol}=y", f"# CONFIG_{need.symbol} is not set")
    assert symbols(lacking(parse(without), None, EVERYTHING)) == [need.symbol]


def test_only_what_scenarios_want_is_asked_for() -> None:
    assert lacking(parse(ALL_NEEDED), None, ()) == []
    of_kvm = ["KVM", "KVM_AMD", "X86_PM_TIMER"]
    assert symbols(lacking(parse(ALL_NEEDED), None, ("kvm",))) == of_kvm
    assert symbols(lacking(parse(ALL_NEEDED), None, ("kvm",), "arm64")) == ["KVM"]


def test_a_module_does_where_it_is_at_hand(tmp_path: Path) -> None:
    config = parse(ALL_NEEDED.replace("CONFIG_ZRAM=y", "CONFIG_ZRAM=m"))
    assert symbols(lacking(config, None, ())) == ["ZRAM"]
    (tmp_path / "modules.builtin").touch()
    assert symbols(lacking(config, Modules.installed(tmp_path), ())) == ["ZRAM"]
    (tmp_path / "zram.ko").write_bytes(module())
    assert lacking(config, Modules.installed(tmp_path), ()) == []


def test_a_module_that_is_nowhere_is_named_even_if_no_file_says_what_is_built_in(
    tmp_path: Path,
) -> None:
    config = parse(ALL_NEEDED.replace("CONFIG_ZRAM=y", "CONFIG_ZRAM=m"))
    lacks = lacking(config, Modules.installed(tmp_path), ())
    assert "CONFIG_ZRAM (swap that answers at once: the module zram is not there)" in (
        kconfig.lacks("7.3.0-mine", lacks, config)
    )


def test_a_disk_does_for_zram() -> None:
    config = parse(ALL_NEEDED.replace("CONFIG_ZRAM=y", "CONFIG_BLK_DEV_NVME=y"))
    assert lacking(config, None, ()) == []


def test_without_a_configuration_only_modules_that_are_nowhere_count(tmp_path: Path) -> None:
    assert lacking(None, None, EVERYTHING) == []
    assert lacking(None, Modules.installed(tmp_path), EVERYTHING) == []
    (tmp_path / "modules.builtin").write_text("kernel/virtio_pci.ko\nkernel/virtio_console.ko\n")
    found = symbols(lacking(None, Modules.installed(tmp_path), ("kvm", "files")))
    assert found == ["KVM", "KVM_AMD", "BLK_DEV_RAM"]


def test_the_guest_names_the_same_symbols() -> None:
    text = (Path(program.__file__).parent / "guest" / "init.c").read_text()
    named = set(re.findall(r'lacks\("(\w+)"\)|", "([A-Z_]{3,})" }', text))
    told = {a or b for a, b in named}
    assert len(told) >= 10
    assert told <= {*symbols(list(NEEDS)), "CGROUPS"}


def test_the_words_name_the_symbol_and_the_way_on() -> None:
    (zram,) = (need for need in NEEDS if need.symbol == "ZRAM")
    told = kconfig.lacks("7.3.0-mine", [zram])
    assert told.startswith("7.3.0-mine lacks CONFIG_ZRAM (swap that answers at once)")
    assert "mglru-lab kernel config" in told
