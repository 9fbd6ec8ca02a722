from __future__ import annotations

from pathlib import Path

import pytest

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.places import places_of
from lightning_sepcl.ledger.scale import check_scale, files_at, sentence_about
from lightning_sepcl.ledger.table_file import read_table


def test_the_scale_of_the_paper_needs_no_file(table):
    assert files_at([Path("a.yaml")], "paper", "here") == [Path("a.yaml")]
    Path("experiments/scales").mkdir()
    Path("experiments/scales/paper.yaml").write_text("a: 1\n")
    assert files_at([Path("a.yaml")], "paper", "here")[1:] == [Path("experiments/scales/paper.yaml")]


def test_unknown_scales_are_told_with_the_closest(content, write):
    content["scales"] = {"half": "half as much"}
    table = read_table(write(content))
    check_scale("", table)
    check_scale("half", table)
    check_scale("paper", table)
    with pytest.raises(LedgerError, match="did you mean `half`"):
        check_scale("halv", table)


def test_the_sentence_of_the_table_comes_first(content, write):
    content["scales"] = {"mini": "ours"}
    table = read_table(write(content))
    assert sentence_about(table, "mini") == "ours"
    assert "mean nothing" in sentence_about(table, "smoke")
    assert sentence_about(table, "other") == "not the paper's size"


def test_scales_share_no_folder_and_no_page(content, write):
    content["scale"] = "mini"
    table = read_table(write(content))
    mini, gpu = places_of(table, "mini"), places_of(table, "gpu")
    assert mini.page == Path("docs/results/tones.md")
    assert gpu.page == Path("docs/results/tones-gpu.md")
    assert gpu.own == Path("runs/tables/tones/gpu")
    assert gpu.records == Path("docs/results/records/tones/gpu")
    assert gpu.picture == Path("docs/results/pictures/tones-gpu.svg")
    for part in ("own", "page", "records", "picture", "html"):
        assert getattr(mini, part) != getattr(gpu, part)


def test_a_table_without_scales_lies_where_it_always_did(table):
    found = places_of(table)
    assert (found.own, found.page) == (Path("runs/tables/tones"), Path("docs/results/tones.md"))
    assert found.records == Path("docs/results/records/tones")
    elsewhere = places_of(table, page=Path("x/y.md"))
    assert (elsewhere.records, elsewhere.picture) == (Path("x/records/tones"), Path("x/pictures/y.svg"))
