from pathlib import Path

import pytest

from mglru_lab.lab.host import memcgs
from mglru_lab.lab.host.host import Host
from mglru_lab.lab.host.snapshots import history
from mglru_lab.lab.host.text import HostError
from mglru_lab.paths import DATA
from tests.lab.host.made import lru_gen, put

SAMPLE = DATA / "host_sample"


def host(root: Path, text: str, taken: int = 10) -> Host:
    return Host.read(put(root, lru_gen=text, taken=f"{taken}\n"))


def test_snapshots_come_in_the_order_of_their_times() -> None:
    found = history(SAMPLE)
    assert [host.taken for host in found] == sorted(host.taken for host in found)
    table = memcgs.over_time(found)
    assert table["seconds"].unique().sort().to_list() == [0, 10, 20, 30, 40]
    assert memcgs.most_pages(table) == 2050
    assert table.filter(table["seconds"] == 10)["anon"].to_list() == [0, 258, 1792, 0]


def test_no_such_memcg_names_the_largest() -> None:
    with pytest.raises(HostError, match="memcg '/x' is in no snapshot; the largest are /o_k_mix"):
        memcgs.over_time(history(SAMPLE), "/x")


def test_an_overview_adds_nodes_up_and_keeps_removed_ones_apart(tmp_path: Path) -> None:
    nodes = lru_gen((5, "/five")) + lru_gen((5, "/five")).partition("\n")[2].replace(
        "0\n", "3\n", 1
    )
    text = lru_gen((1, "/")) + nodes + lru_gen((0, "/gone"), (0, "/gone"), pages=1)
    rows = memcgs.overview(host(tmp_path, text))
    assert rows.select("memcg", "path", "nodes", "pages").rows() == [
        (5, "/five", 2, 2412), (1, "/", 1, 1206), (0, "/gone", 1, 208), (0, "/gone", 1, 208),
    ]  # fmt: skip
    assert memcgs.total(rows)["pages"][0] == 2412 + 1206 + 2 * 208
    assert rows["idle"].sum() == 0


def test_idle_pages_are_two_generations_behind(tmp_path: Path) -> None:
    rows = "".join(f" {seq} 9 {10**seq} 0 \n" for seq in range(4))
    found = memcgs.overview(host(tmp_path, "memcg 1 /\n node 0\n" + rows))
    assert found["idle"].to_list() == [11]


def test_a_path_means_the_living_memcg_and_a_number_any(tmp_path: Path) -> None:
    text = lru_gen((0, "/a"), pages=9) + lru_gen((7, "/a")) + lru_gen((0, "/b"), (0, "/b"), pages=9)
    found = host(tmp_path, text)
    assert memcgs.chosen(found, "/a")["entry"].unique().to_list() == [1]
    assert memcgs.chosen(found, "7")["entry"].unique().to_list() == [1]
    assert memcgs.chosen(found, "0")["entry"].n_unique() == 3
    assert memcgs.chosen(found, "/b")["entry"].n_unique() == 2
    assert memcgs.chosen(found, str(1 << 64)).is_empty()
    assert memcgs.most_pages(memcgs.over_time([found], "/a")) == 1206
