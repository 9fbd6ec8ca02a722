from __future__ import annotations

import math
from dataclasses import replace

import pytest

from lightning_sepcl.ledger.environment import Hardware
from lightning_sepcl.ledger.markdown import markdown, markdown_table
from lightning_sepcl.ledger.page import page as blocks
from lightning_sepcl.ledger.table_file import read_table


def page(table, records, scale=""):
    return markdown(blocks(table, records, scale), "pictures/tones.svg")


@pytest.fixture
def records(record):
    parts = {
        "hardware": Hardware("Some CPU", 2, 1, 7.5),
        "versions": {"torch": "2.14"},
        "started": "2026-01-01T00:00:00+00:00",
        "data": {"name": "tones", "clips": {"train": 80, "test": 20}, "manifest": "ab12cd"},
        "config_sha256": "f" * 64,
        "seconds_fit": 131.0,
        "steps": 500,
        "command": "sepcl fit --config x",
        "reproduce": "sepcl reproduce tones --seeds 3",
    }
    return {f"ours-s{s}": record(0.80 + 0.01 * s, 0.5, seed=s, **parts) for s in range(3)}


def test_figures_spread_and_number_of_seeds(table, records):
    text = page(table, records)
    assert "| Ours | **0.810 ± 0.025** (3) |" in text
    assert "| Untrained | 0.500 ± 0.000 (3) |" in text
    assert "| *chance* | 0.100 |" in text


def test_every_seed_is_listed(table, records):
    assert "| Ours | 1 | 0.810 |" in page(table, records)


def test_claims_stand_with_their_verdict(table, records):
    text = page(table, records)
    assert "| training helps | `ours.accuracy > raw.accuracy` | **confirmed** | mean difference +0.310" in text


def test_provenance(table, records):
    text = page(table, records)
    facts = ["commit", "abc123", "seed", "0, 1, 2", "name tones, clips train 80, test 20, manifest ab12cd"]
    facts += ["Some CPU, 2 cores", "torch 2.14", "2 min 11 s", "2026-01-01", "ffffffffffff"]
    facts += ["sepcl reproduce tones --seeds 3", "accuracy: nearest class mean"]
    for fact in facts:
        assert fact in text


def test_what_was_not_run_stays_blank(table):
    text = page(table, {})
    assert "| Ours |  |" in text
    assert "**cannot decide** | not run" in text
    assert "commit" in text
    assert "seed" in text
    assert "nan" not in text.lower().replace("provenance", "")


def test_a_failed_run_shows_its_last_lines_and_no_figure(table, record):
    text = page(table, {"ours-s0": record(0.8, 0.5, status="failed", error="no audio\nunder x")})
    assert "no audio\nunder x" in text
    assert "0.800" not in text


def test_published_figures_stand_beside_ours(content, write, records):
    content["rows"]["ours"]["paper"] = {"accuracy": 0.75}
    text = page(read_table(write(content)), records)
    assert "|  | nearest mean | published |" in text
    assert "| Ours | **0.810 ± 0.025** (3) | 0.750 |" in text


def test_lower_may_be_better(content, write, records):
    content["columns"]["accuracy"] |= {"better": "lower", "decimals": 1}
    assert "**0.5 ± 0.0**" in page(read_table(write(content)), records)


def test_runs_of_one_row_with_different_recipes_are_told(table, records, record):
    records["ours-s3"] = record(0.8, 0.5, recipe_sha256="other")
    assert "differ in more than the seed (files or arguments): ours" in page(table, records)


def test_several_commits_are_counted(table, records, record):
    records["ours-s3"] = record(0.8, 0.5, commit="fed321", dirty=True)
    assert "`abc123` (3 runs); `fed321` with uncommitted changes (1 run)" in page(table, records)


def test_unknown_chance_is_left_out(table, record):
    known = record(0.8, 0.5)
    unknown = replace(known, results=tuple(replace(r, chance=math.nan) for r in known.results))
    assert "| *chance* | 0.100 |" in page(table, {"ours-s0": known})
    assert "*chance*" not in page(table, {"ours-s0": unknown})


def test_the_page_is_the_same_each_time(table, records):
    assert page(table, records) == page(table, records)


def test_two_seeds_have_no_interval(table, records):
    del records["ours-s2"]
    assert "| Ours | **0.805** (2) |" in page(table, records)


def test_the_scale_is_said_first(content, write, records):
    content["scales"] = {"mini": "80 tones, not theirs"}
    table = read_table(write(content))
    assert page(table, records, "mini").startswith("# Tones\n\n> **Scale mini**: 80 tones, not theirs.\n")
    assert "Scale" not in page(table, records)


def test_time_data_and_machine_stand_below_the_figures(table, records):
    text = page(table, records)
    assert text.index("- **time**: 6 min 33 s for 3 runs") < text.index("## Claims")
    assert text.index("- **data**: name tones") < text.index("## Claims")


def test_a_picture_where_there_are_figures(table, records):
    link = "![Tones: our figures with their intervals](pictures/tones.svg)"
    assert link in page(table, records)
    assert "![" not in page(table, {})


def test_baselines_and_rows_of_published_figures_alone(content, write, records):
    content["baselines"]["raw"]["paper"] = {"accuracy": 0.4}
    content["rows"]["theirs"] = {"label": "Theirs", "paper": {"accuracy": 0.9}}
    text = page(read_table(write(content)), records)
    assert "| Untrained | 0.500 ± 0.000 (3) | 0.400 |" in text
    assert "| Theirs |  | 0.900 |" in text


def test_runs_stand_in_their_columns(staged, write, record):
    records = {"plain.simclr-s0": record(0.8, 0.5), "plain.joint-s0": record(0.9, 0.5)}
    text = page(read_table(write(staged)), records)
    assert "|  | SimCLR | published | jointly | published |" in text
    assert "| Plain | **0.800** (1) | 0.640 | **0.900** (1) | 0.650 |" in text
    assert "| N |  | 0.660 |  |  |" in text


def test_each_part_of_a_claim_has_a_line(staged, write):
    text = page(read_table(write(staged)), {})
    assert "| both tasks help | `row.both > row.alone` for each row | **cannot decide** | not run |" in text
    assert "|  | `n.both > n.alone` | **cannot decide** | not run |" in text
    assert "| about equal | `\\|n.both - plain.both\\| <= 0.003` |" in text


def test_a_row_says_that_runs_failed_or_were_not_run(staged, write, record):
    records = {
        "separated-s0": record(0.0, 0.0, status="failed", error="disk full"),
        "n.joint-s0": record(0.0, 0.0, status="blocked", error="not run, because its stage `separated-s0` failed"),
        "n.joint-s1": record(0.0, 0.0, status="failed", error="boom"),
        "plain.joint-s0": record(0.9, 0.0),
    }
    text = page(read_table(write(staged)), records)
    assert "| N *(1 failed, 1 not run, see below)* |  | 0.660 |  |  |" in text
    assert "- `n.joint-s0`: not run, because its stage `separated-s0` failed" in text
    assert "`separated-s0` ended with:\n\n```text\ndisk full\n```" in text
    assert "| Plain |" in text


def test_bars_in_a_cell_do_not_break_the_table():
    assert markdown_table(["a"], [["x | y\nz"]]).splitlines()[-1] == "| x \\| y z |"


def test_figures_stand_right_and_words_left():
    assert markdown_table(["a", "b"], []).splitlines()[1] == "| --- | ---: |"
    assert markdown_table(["a", "b"], [], words=True).splitlines()[1] == "| --- | --- |"
