"""The page about tables: its commands are what `sepcl reproduce` understands, its table file can be read."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from lightning_sepcl.cli.reproduce import listing, run
from lightning_sepcl.cli.reproduce_options import parser, repeated, split
from lightning_sepcl.ledger.claim_section import KEYS as CLAIM_KEYS
from lightning_sepcl.ledger.finding import find_table
from lightning_sepcl.ledger.row_section import KEYS as ROW_KEYS
from lightning_sepcl.ledger.stage_section import KEYS as STAGE_KEYS
from lightning_sepcl.ledger.table_file import BASELINE_KEYS, COLUMN_KEYS, KEYS, read_table

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reproduce.md").read_text()
COMMANDS = [
    line for line in PAGE.splitlines() if line.startswith("sepcl reproduce ") and line.split("#")[0].split()[2:]
]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_of_the_page_is_understood(line, monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    own, extra = split(shlex.split(line, comments=True)[2:])
    if "--page-only" in own:  # would write into this checkout; tests/ledger/test_reproduce.py does it elsewhere
        assert parser().parse_args(own).page_only
        return
    assert run([*own, "--dry-run", *(["--", *extra] if extra else [])]) == 0
    told = capsys.readouterr().out
    assert all(word in told for word in ["sepcl fit", *extra])


def test_the_table_of_the_page_can_be_read(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (table,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    folder = Path("experiments/tables/paper")
    folder.mkdir(parents=True)
    (folder / "name.yaml").write_text(table)
    for experiment in ("separator", "simclr", "joint"):
        (folder / f"{experiment}.yaml").write_text("a: 1\n")
    Path("experiments/scales").mkdir()
    Path("experiments/scales/mini.yaml").write_text("b: 1\n")
    assert len(read_table(find_table("paper/name")).claims) == 3
    assert run(["paper/name", "--dry-run", "--seeds", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + 2 * 4
    assert lines[0].startswith("sepcl fit --config experiments/tables/paper/separator.yaml")


def test_the_page_names_every_key():
    for key in {*KEYS, *COLUMN_KEYS, *ROW_KEYS, *STAGE_KEYS, *CLAIM_KEYS, *BASELINE_KEYS}:
        assert f"`{key}`" in PAGE or f"`{key}:" in PAGE, key


def test_the_tables_of_this_checkout_can_be_read(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert not [line for line in listing() if "cannot be used" in line]


def test_a_job_elsewhere_is_given_the_same_options(monkeypatch):
    monkeypatch.chdir(ROOT)
    words = ["demo", "--scale", "mini", "--seeds", "2", "--only", "joint", "--data", "docs", "--threads", "3"]
    options = parser().parse_args([*words, "--launcher", "slurm", "--jobs", "4", "--submit"])
    again = parser().parse_args(repeated(options, read_table(find_table("demo")))[1:])
    same = ("scale", "seeds", "only", "threads", "out", "runs")
    assert {k: getattr(again, k) for k in same} == {k: getattr(options, k) for k in same}
    assert (again.table, again.data) == ("experiments/tables/demo.yaml", (ROOT / "docs").resolve())
    assert (again.launcher, again.submit, again.jobs) == ("local", False, 1)
