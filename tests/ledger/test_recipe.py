from __future__ import annotations

import hashlib

import pytest

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.recipe import files_named, recipe_hash


def test_recipe_changes_with_files_named_in_files_and_with_arguments(tmp_path):
    (tmp_path / "base.yaml").write_text("a: 1\n")
    child = tmp_path / "child.yaml"
    child.write_text("inherits: [base.yaml, child.yaml]\nmodel: {front: nowhere.yaml}\n")
    first = recipe_hash([child], ["--x=1"])
    assert recipe_hash([child], ["--x=1"]) == first
    assert recipe_hash([child], ["--x=2"]) != first
    (tmp_path / "base.yaml").write_text("a: 2\n")
    assert recipe_hash([child], ["--x=1"]) != first


def test_records_that_were_committed_stay_valid(tmp_path):
    """The definition, written out: another one would make all runs of all tables run again."""
    (tmp_path / "base.yaml").write_text("a: 1\n")
    (tmp_path / "row.yaml").write_text("inherits: base.yaml\n")
    expected = hashlib.sha256(b"inherits: base.yaml\n\0a: 1\n\0--x=1\0--y=2").hexdigest()
    assert recipe_hash([tmp_path / "row.yaml"], ["--x=1", "--y=2"]) == expected


def test_an_experiment_of_broken_yaml(tmp_path):
    (tmp_path / "a.yaml").write_text("a: [1\n")
    with pytest.raises(LedgerError, match="broken YAML"):
        recipe_hash([tmp_path / "a.yaml"], [])


def test_files_among_arguments(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text("a: 1\n")
    assert files_named(["--config", str(path), f"--other={path}", "gone.yaml", "--out"]) == [path, path]
