from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from lightning_sepcl.evaluation.embedded_set import EmbeddedSet
from lightning_sepcl.evaluation.results_file import read_results, write_embeddings, write_results
from lightning_sepcl.records import Result

RESULTS = [
    Result("embedding", "qbe_map", 0.5, 0.33, 4, "all", 0),
    Result("log-mel", "knn_map", math.nan, 0.1, 4, "k", 1),
]


def test_results_come_back_as_they_were(tmp_path: Path) -> None:
    write_results(tmp_path / "new" / "results.json", RESULTS)
    found = read_results(tmp_path / "new" / "results.json")
    assert found[0] == RESULTS[0]
    assert math.isnan(found[1].value)
    assert found[1].chance == 0.1


def test_the_file_is_strict_json(tmp_path: Path) -> None:
    write_results(tmp_path / "r.json", RESULTS)
    text = (tmp_path / "r.json").read_text()
    assert "NaN" not in text
    expected = {
        "what": "embedding",
        "metric": "qbe_map",
        "value": 0.5,
        "chance": 0.33,
        "n": 4,
        "protocol": "all",
        "seed": 0,
    }
    assert json.loads(text)[0] == expected


def test_embeddings_need_no_pickle(tmp_path: Path) -> None:
    clips = EmbeddedSet(torch.randn(2, 3), torch.eye(2), torch.tensor([True, False]), ("a/ä.wav", "b"))
    write_embeddings(tmp_path / "e.npz", {"embedding": clips, "log-mel": clips.with_h(torch.ones(2, 5))}, ["x", "y"])
    with np.load(tmp_path / "e.npz", allow_pickle=False) as file:
        assert sorted(file.files) == ["class_names", "h:embedding", "h:log-mel", "keys", "labelled", "target"]
        assert file["keys"].tolist() == ["a/ä.wav", "b"]
        assert np.array_equal(file["h:embedding"], clips.h.numpy())
        assert file["labelled"].tolist() == [True, False]
        assert file["class_names"].tolist() == ["x", "y"]


def test_a_failed_write_leaves_the_old_file_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clips = EmbeddedSet(torch.randn(2, 3), torch.eye(2), torch.ones(2, dtype=torch.bool), ("a", "b"))
    path = tmp_path / "e.npz"
    write_embeddings(path, {"embedding": clips})
    before = path.read_bytes()

    def full_disk(file: object, **_: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise OSError("no space left")

    monkeypatch.setattr("lightning_sepcl.evaluation.results_file.np.savez", full_disk)
    with pytest.raises(OSError, match="no space"):
        write_embeddings(path, {"embedding": clips})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["e.npz"]
