import json

from lightning_sepcl.ledger.environment import Hardware
from lightning_sepcl.ledger.markdown import markdown
from lightning_sepcl.torture.fault import Kept, Outcome
from lightning_sepcl.torture.page import table, write_page

OUTCOMES = [
    Outcome("killed-cache", 0, 2.0, Kept(3, same_bits=True)),
    Outcome("killed-cache", 1, 4.0, Kept(1, same_bits=True)),
    Outcome("full-disk", 0, 1.0, Kept(same_bits=True, refused=True)),
    Outcome("fuzzed-audio", 4, 1.0, None, "it hangs"),
]
ENVIRONMENT = {
    "commit": "0123456789abcdef", "dirty": False, "versions": {"torch": "2.14"},
    "hardware": Hardware("a processor", 2, 1, 4.0),
}  # fmt: skip


def test_the_table_counts():
    lines = [line.split(" | ") for line in markdown([table(OUTCOMES)]).splitlines()]
    assert [line[1:] for line in lines[2:]] == [
        ["2", "4", "2", "0", "0", "0", "6 s |"],
        ["1", "1", "1", "1", "0", "0", "1 s |"],
        ["1", "0", "0", "0", "0", "**1**", "1 s |"],
        ["4", "5", "3", "1", "0", "**1**", "8 s |"],
    ]


def test_the_page_tells_where_it_comes_from_and_how_to_repeat_what_broke(tmp_path):
    record = write_page(tmp_path / "torture.md", OUTCOMES, 7, "sepcl torture --seed 7", ENVIRONMENT, "2026-01-02")
    text = (tmp_path / "torture.md").read_text()
    for part in ("`0123456789ab`", "**seed**: 7", "a processor, 2 cores, 1 thread", "torch 2.14", "2026-01-02",
                 "1 promise broken", "`sepcl torture --seed 7 --only fuzzed-audio:4`", "it hangs"):  # fmt: skip
        assert part in text
    assert record == tmp_path / "records" / "torture.json"
    content = json.loads(record.read_text())
    assert [outcome["kind"] for outcome in content["outcomes"]] == [outcome.kind for outcome in OUTCOMES]


def test_where_nothing_broke_it_says_so(tmp_path):
    write_page(tmp_path / "torture.md", OUTCOMES[:3], 0, "sepcl torture", ENVIRONMENT, "2026-01-02")
    assert "**3 faults; no promises broken, nothing lost.**" in (tmp_path / "torture.md").read_text()


def test_an_outcome_can_be_written_and_read(tmp_path):
    for outcome in OUTCOMES:
        (tmp_path / "a.json").write_text(outcome.text())
        assert Outcome.read(tmp_path / "a.json") == outcome
