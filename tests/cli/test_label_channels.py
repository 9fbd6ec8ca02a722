"""`sepcl separate --labels` as a user gives it, and what it refuses."""

import csv

import pytest
import torch

from lightning_sepcl.conditioning import ConditionedTDCNpp, save_any, save_classifier
from lightning_sepcl.separation import STFTBasis, TDCNpp
from tests.fakes.classifier import small_classifier
from tests.fakes.tone import write_tone

SMALL = {"bottleneck": 4, "hidden": 6, "repeats": 1, "blocks": 2}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("labels")
    write_tone(root / "dog.wav", 400, 1.5, 22050)
    torch.manual_seed(0)
    save_any(root / "plain.safetensors", TDCNpp(2, STFTBasis(80, 40), **SMALL))
    save_any(root / "told.safetensors", ConditionedTDCNpp(small_classifier(48), basis=STFTBasis(80, 40), **SMALL))
    save_classifier(root / "c.safetensors", small_classifier())
    save_classifier(root / "nameless.safetensors", small_classifier(classes=()))
    save_classifier(root / "others.safetensors", small_classifier(classes=("dog", "cat")))
    return root


@pytest.fixture
def separate(folder, sepcl, tmp_path, monkeypatch):
    monkeypatch.chdir(folder)
    return lambda line: sepcl(f"separate dog.wav --out {tmp_path} {line}")


@pytest.mark.parametrize(
    "words", ["--separator told.safetensors", "--separator plain.safetensors --classifier c.safetensors"]
)
def test_channels_get_labels_a_table_and_a_page(separate, tmp_path, words):
    answer = separate(f"{words} --labels --threshold 0.01")
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert [line.split()[0] for line in lines[3:6]] == ["recording", "channel", "channel"]
    rows = list(csv.DictReader((tmp_path / "dog_labels.csv").read_text().splitlines()))
    assert {row["sound"] for row in rows} == {"recording", "channel 1", "channel 2"}
    assert {row["label"] for row in rows} <= {"bell", "drum", "rain"}
    assert all(0 <= float(row["start_seconds"]) <= float(row["end_seconds"]) <= 1.5 for row in rows)
    page = (tmp_path / "dog.html").read_text()
    assert page.count("<audio") == 3
    assert page.count("<svg") == 3
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org", "")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--separator plain.safetensors --labels", "--labels needs a classifier, and this separator has none in it"),
        ("--separator plain.safetensors --labels --classifier nameless.safetensors", "--labels needs classes"),
        ("--separator told.safetensors --labels --classifier others.safetensors", "they differ in bell, cat, dog"),
        (
            "--separator plain.safetensors --classifier c.safetensors",
            "--classifier names what --labels asks: give both",
        ),
        ("--separator told.safetensors --labels --threshold 2", "number between 0 and 1"),
        ("--separator plain.safetensors --labels --classifier no.safetensors", "no classifier no.safetensors"),
    ],
)
def test_what_does_not_fit_is_told_in_a_line(separate, words, told):
    answer = separate(words)
    assert answer.code == 2
    assert told in answer.err
    assert len(answer.err.splitlines()) == 1
