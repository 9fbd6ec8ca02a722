from __future__ import annotations

import json
from dataclasses import asdict

import page
import pytest
from harness import Row, overhead, speedup

from lightning_sepcl.ledger.environment import Hardware

ENVIRONMENT = {
    "commit": "abc123",
    "dirty": False,
    "hardware": asdict(Hardware("Some CPU", 2, 1, 7.8, "none")),
    "versions": {"python": "3.11.7", "torch": "2.14.1"},
}
ROWS = [
    overhead("step vs alone", 120.0, 100.0, "ms CPU", 1.1),
    speedup("clips vs FLAC", 1, 25, "ms"),
    Row("m", 7, "MB"),
]


def written(rows=ROWS, threads=1, **changes):
    return page.page(
        [page.Section("loading", "What it measures.", rows, threads, False, "2026-01-02", ENVIRONMENT | changes)]
    )


def test_a_missed_goal_is_shown_as_missed():
    text = written()
    assert "0 of 1 goals met; missed: step vs alone." in text
    assert "| step vs alone | 120 | 100 | ms CPU | 1.20 | ≤ 1.1 | **missed** |" in text


def test_a_goal_that_is_met():
    text = written([speedup("clips vs FLAC", 1, 25, "ms", 20)])
    assert "1 of 1 goals met." in text
    assert "| clips vs FLAC | 1.00 | 25.0 | ms | 25.00 | ≥ 20 | met |" in text


def test_rows_that_inform_have_no_verdict():
    assert "| clips vs FLAC | 1.00 | 25.0 | ms | 25.00 |  |  |" in written()
    assert "| m | 7.00 |  | MB |  |  |  |" in written()


def test_where_the_figures_come_from():
    assert "- Some CPU, 2 cores, 7.8 GiB, GPU: none; python 3.11.7, torch 2.14.1\n" in written()
    assert "*commit abc123; 2026-01-02; threads: 1*" in written()
    assert "*commit abc123, with uncommitted changes; 2026-01-02; threads: 2*" in written(threads=2, dirty=True)
    assert "## loading, 2 threads\n" in written(threads=2)
    assert page.described()["versions"]["numpy"].startswith(("1.", "2."))


@pytest.mark.parametrize("name", page.BENCHMARKS)
def test_a_section_says_what_its_file_says(name, tmp_path):
    known = {"threads": 1, "quick": True, "date": "2026-01-02", "environment": ENVIRONMENT}
    record = tmp_path / "record.json"
    record.write_text(json.dumps(known | {"rows": [asdict(row) for row in ROWS]}))
    section = page.recorded(name, record)
    assert section.rows == ROWS
    assert section.about.splitlines()[0].startswith("How ")


def test_a_benchmark_that_fails_leaves_the_old_page(tmp_path, monkeypatch):
    (tmp_path / "broken.py").write_text("raise SystemExit(3)")
    out = tmp_path / "page.md"
    out.write_text("old")
    monkeypatch.setattr(page, "FOLDER", tmp_path)
    monkeypatch.setattr(page, "BENCHMARKS", ("broken",))
    with pytest.raises(SystemExit, match=r"broken\.py ended with status 3; the page was not written"):
        page.main(["--out", str(out)])
    assert out.read_text() == "old"


def test_the_whole_way_with_a_small_benchmark(tmp_path, monkeypatch):
    (tmp_path / "small.py").write_text(
        '"""How small it is."""\n'
        "import sys, json, pathlib\n"
        "row = dict(name='a vs b', value=1.0, unit='s', peer=2.0, ratio=2.0, goal=1.5, sense='at least', met=True)\n"
        "assert sys.argv[1:4] == ['--threads', '1', '--quick']\n"
        "pathlib.Path(sys.argv[-1]).write_text(json.dumps([row]))\n"
    )
    monkeypatch.setattr(page, "FOLDER", tmp_path)
    monkeypatch.setattr(page, "BENCHMARKS", ("small",))
    out = tmp_path / "new" / "page.md"
    assert page.main(["--quick", "--out", str(out)]) == 0
    text = out.read_text()
    assert "## small\n\nHow small it is.\n" in text
    assert "| a vs b | 1.00 | 2.00 | s | 2.00 | ≥ 1.5 | met |" in text
    assert "`--quick`" in text
    (tmp_path / "small.py").write_text('"""How small it is."""\nraise SystemExit(3)\n')
    assert page.main(["--page-only", "--out", str(out)]) == 0
    assert out.read_text() == text
    with pytest.raises(SystemExit):
        page.main(["large", "--out", str(out)])
