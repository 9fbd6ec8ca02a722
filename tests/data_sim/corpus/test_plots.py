from __future__ import annotations

import csv
import sys
from xml.etree import ElementTree

import numpy as np
import pytest

from data_sim.corpus.inspection import FIGURES
from data_sim.corpus.plots import save_plots
from data_sim.corpus.shard import MANIFEST
from lightning_sepcl.errors import UserError


@pytest.fixture
def corpus(tmp_path):
    """The manifest of 40 scenes, one of which has no measured RT60."""
    folder, generator = tmp_path / "corpus", np.random.default_rng(0)
    folder.mkdir()
    columns = [column for column, _ in FIGURES]
    rows = [dict(zip(columns, generator.uniform(0.2, 1.0, len(columns)), strict=True)) for _ in range(40)]
    rows[3]["rt60_measured_s"] = float("nan")
    with (folder / MANIFEST).open("w", newline="") as file:
        table = csv.DictWriter(file, columns)
        table.writeheader()
        table.writerows(rows)
    return folder


def test_a_picture_of_every_figure(corpus, tmp_path):
    assert save_plots(corpus, tmp_path / "plots.svg") == 40
    text = (tmp_path / "plots.svg").read_text()
    ElementTree.fromstring(text)
    for title in [title for _, title in FIGURES] + ["corpus: 40 scenes", "equal"]:
        assert f"<!-- {title} -->" in text


def test_a_picture_is_whole_or_not_there(corpus, tmp_path):
    (tmp_path / "plots.png").write_bytes(b"before")
    save_plots(corpus, tmp_path / "plots.png")
    assert (tmp_path / "plots.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(UserError, match=r"plots\.xyz cannot be written"):
        save_plots(corpus, tmp_path / "plots.xyz")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "plots.png"]


def test_what_cannot_be_drawn(corpus, tmp_path, monkeypatch):
    with pytest.raises(UserError, match="has no scene to draw yet"):
        save_plots(tmp_path, tmp_path / "plots.png")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(UserError, match="plots need matplotlib, which is not here: pip install matplotlib"):
        save_plots(corpus, tmp_path / "plots.png")
