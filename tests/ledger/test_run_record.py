from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, replace
from datetime import datetime

import pytest

from lightning_sepcl.ledger.environment import Hardware
from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.run_record import RunRecord, merge_record, parts_of_folder, read_record, write_record
from lightning_sepcl.records import Result

RESULT = Result("embedding", "qbe_map", 0.5, 0.1, 20, "leave one out", 3)


def test_a_written_record_reads_back_equal(tmp_path):
    record = RunRecord(
        "demo", "complete", seed=3, data={"clips": {"train": 8}}, hardware=Hardware("cpu", 2, 1, 7.5),
        versions={"torch": "2"}, seconds_fit=1.5, steps=7, results=(RESULT,),
    )  # fmt: skip
    write_record(record, tmp_path / "new" / "record.json")
    assert read_record(tmp_path / "new" / "record.json") == record
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["record.json"]


def test_nan_is_written_as_null_that_every_json_reader_knows(tmp_path):
    path = tmp_path / "record.json"
    write_record(RunRecord("demo", results=(replace(RESULT, chance=math.nan),)), path)
    assert "NaN" not in path.read_text()
    assert math.isnan(read_record(path).results[0].chance)
    assert read_record(path).results[0].value == 0.5


def test_a_write_that_fails_leaves_the_old_record(tmp_path):
    path = tmp_path / "record.json"
    write_record(RunRecord("demo", seed=1), path)
    with pytest.raises(TypeError):
        write_record(RunRecord("demo", seed=2, data={"unwritable": object()}), path)
    assert read_record(path).seed == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_fit_and_test_each_add_their_part(tmp_path):
    run = tmp_path / "demo"
    run.mkdir()
    (run / "config.yaml").write_text("seed_everything: 7\nmodel: small\n")
    (run / "data.json").write_text('{"name": "tones", "hours": 0.1}')
    first = merge_record(run, status="fitted", command="sepcl fit", seconds_fit=2.0, steps=10)
    assert (first.name, first.seed, first.data["name"]) == ("demo", 7, "tones")
    assert first.config_sha256 == hashlib.sha256(b"seed_everything: 7\nmodel: small\n").hexdigest()
    assert datetime.fromisoformat(first.started).utcoffset().total_seconds() == 0
    assert first.versions["torch"]
    second = merge_record(run, status="complete", seconds_test=1.0, results=[asdict(RESULT)])
    assert (
        second
        == replace(first, status="complete", seconds_test=1.0, results=(RESULT,))
        == read_record(run / "record.json")
    )


def test_results_are_taken_from_the_folder(tmp_path):
    (tmp_path / "results.json").write_text(json.dumps([asdict(RESULT) | {"chance": None}]))
    assert merge_record(tmp_path).results[0].value == 0.5


def test_given_parts_win_over_the_folder(tmp_path):
    (tmp_path / "config.yaml").write_text("seed_everything: 7\n")
    assert merge_record(tmp_path, seed=8).seed == 8


@pytest.mark.parametrize("seed", ["true", "null", "no number"])
def test_a_seed_that_the_config_does_not_tell_stays_unknown(tmp_path, seed):
    (tmp_path / "config.yaml").write_text(f"seed_everything: {seed}\n")
    assert "seed" not in parts_of_folder(tmp_path)


def test_config_path_is_relative_to_where_one_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.yaml").write_text("a: 1\n")
    assert parts_of_folder(tmp_path / "run")["config"] == "run/config.yaml"


def test_an_unknown_part_is_refused_with_the_closest(tmp_path):
    with pytest.raises(LedgerError, match="`comand`, did you mean `command`"):
        merge_record(tmp_path, comand="sepcl fit")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "broken JSON"),
        ("[]", "holds a list where a dict"),
        ('{"schema": 99, "name": "x"}', "schema 99"),
        ('{"schema": 1, "name": "x", "colour": "red"}', "colour"),
        ('{"schema": 1, "name": "x", "hardware": {"wheels": 4}}', "hardware"),
        ('{"schema": 1, "name": "x", "results": [{"what": "h"}]}', "result 0"),
        ('{"schema": 1, "name": "x", "results": ["h"]}', "result 0"),
    ],
)
def test_a_broken_record_is_told_in_one_sentence(tmp_path, text, says):
    path = tmp_path / "record.json"
    path.write_text(text)
    with pytest.raises(LedgerError, match=says) as error:
        read_record(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_record_and_a_broken_config(tmp_path):
    with pytest.raises(LedgerError, match="no file"):
        read_record(tmp_path / "record.json")
    (tmp_path / "config.yaml").write_text("a: [1\n")
    with pytest.raises(LedgerError, match="broken YAML"):
        merge_record(tmp_path)


def test_a_figure_that_was_not_defined_leaves_a_gap_in_its_curve(tmp_path):
    path = tmp_path / "record.json"
    write_record(RunRecord("demo", curves={"val/qbe_map": {1: 0.25, 2: math.nan}}), path)
    assert read_record(path).curves == {"val/qbe_map": {1: 0.25}}
