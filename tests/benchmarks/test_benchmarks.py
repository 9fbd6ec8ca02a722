"""Every benchmark, as a user starts it. No test looks at an absolute time, and none asks that a goal be met."""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import page
import pytest

BENCHMARKS = page.FOLDER


def started(name, *words, timeout):
    command = [sys.executable, str(BENCHMARKS / f"{name}.py"), *words]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False, env=environment)


def test_the_page_holds_every_benchmark():
    others = {"harness", "page", "room_agreement", "stages", "scale_plan", "data_parallel"}  # pages of their own
    assert {path.stem for path in BENCHMARKS.glob("*.py")} - others == set(page.BENCHMARKS)


@pytest.mark.parametrize("name", page.BENCHMARKS)
def test_help_names_the_options(name):
    done = started(name, "--help", timeout=120)
    assert done.returncode == 0, done.stderr
    for option in ("--quick", "--json", "--threads", "--rounds"):
        assert option in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", page.BENCHMARKS)
def test_quick(name, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("SEPCL_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "rows.json"
    done = started(name, "--quick", "--rounds", "1", "--json", str(path), timeout=600)
    assert done.returncode == 0, done.stderr
    rows = json.loads(path.read_text())
    assert any(row["goal"] is not None for row in rows)
    assert len({(row["name"], row["unit"]) for row in rows}) == len(rows)
    for row in rows:
        assert set(row) == {"name", "value", "unit", "peer", "ratio", "goal", "sense", "met"}
        assert row["name"]
        assert math.isfinite(row["value"])
        assert (row["goal"] is None) == (row["met"] is None)
        if row["peer"] is not None:
            assert row["ratio"] == pytest.approx(row["value"] / row["peer"], rel=1e-9) or row["ratio"] == pytest.approx(
                row["peer"] / row["value"], rel=1e-9
            )
