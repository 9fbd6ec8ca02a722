"""The comparison finds what is wrong with an export, and lets rounding through."""

from __future__ import annotations

import json

import pytest
import torch

import lightning_sepcl
from lightning_sepcl.deploy.agreement import TOLERANCE, agreement, refuse_disagreement, table, tones, worst
from lightning_sepcl.deploy.exporting import export
from lightning_sepcl.deploy.targets import TARGETS, outputs_of
from lightning_sepcl.errors import UserError

NAMES = ("embedding", "frames")


@pytest.fixture
def model(checkpoint):
    return lightning_sepcl.load(checkpoint)


def compared(model, exported):
    return agreement(outputs_of(model), exported, NAMES, model)


def test_the_same_model_differs_by_nothing(model):
    cases = compared(model, outputs_of(model))
    assert worst(cases).absolute == 0
    assert {case.output for case in cases} == set(NAMES)
    assert {case.signal for case in cases} == {"noise", "tones"}
    assert min(case.samples for case in cases) < model.least_samples < max(case.samples for case in cases)


def test_differences_are_what_they_say(model):
    """A constant on every value is the absolute difference, and its share of the largest value the relative one."""
    cases = compared(model, lambda wave: [output + 0.5 for output in outputs_of(model)(wave)])
    largest = {}
    for case in cases:
        assert case.absolute == pytest.approx(0.5, rel=1e-5)
        largest[case.output] = min(largest.get(case.output, 9e9), 0.5 / case.relative)
    wave = tones(1, round(0.3 * model.least_samples), model.sample_rate)
    assert largest["embedding"] <= float(model(wave).abs().max()) * (1 + 1e-5)


WRONG = {
    "a gain of a hundredth": lambda model: lambda wave: outputs_of(model)(wave * 1.01),
    "the batch in another order": lambda model: lambda wave: [o.flip(0) for o in outputs_of(model)(wave)],
    "a wave that is a sample late": lambda model: lambda wave: outputs_of(model)(wave.roll(1, 1)),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_exports_are_found(model, what):
    cases = compared(model, WRONG[what](model))
    assert worst(cases).relative > TOLERANCE
    with pytest.raises(UserError, match=r"onnx was not kept: its \w+ differs from the checkpoint's by .*e-0"):
        refuse_disagreement(cases, "onnx")


def test_other_shapes_and_values_that_are_no_numbers_are_told(model):
    with pytest.raises(UserError, match="exported embedding has the shape"):
        compared(model, lambda wave: [output[:1, :3] for output in outputs_of(model)(wave)])
    with pytest.raises(UserError, match="not finite"):
        compared(model, lambda wave: [output * float("nan") for output in outputs_of(model)(wave)])


def test_tones_are_sines_within_the_band():
    wave = tones(4, 16000, 16000)
    spectrum = torch.fft.rfft(wave * torch.hann_window(16000)).abs()
    for row in spectrum:
        peaks = (row > 0.3 * row.max()).nonzero()[:, 0]
        assert int(peaks.min()) >= 100
        assert int(peaks.max()) <= 7200
    assert torch.equal(tones(2, 500, 16000), tones(2, 500, 16000))


def test_the_table_has_a_column_per_target(model):
    cases = compared(model, outputs_of(model))
    head, *rows = table({"onnx": cases, "hear": cases})
    assert head == ("samples", "waves", "output", "onnx", "hear")
    assert rows[0] == ("4680", "1", "embedding", "0 (0)", "0 (0)")
    assert len(rows) == len(cases) // 2


def exported(model, reference, out, targets=("safetensors",)):
    return export(model, reference, [TARGETS[t] for t in targets], out, {"source": "x"}, lambda cases: "card\n")


def test_an_export_that_disagrees_leaves_nothing(model, tmp_path):
    with pytest.raises(UserError, match="safetensors was not kept"):
        exported(model, WRONG["the batch in another order"](model), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    exported(model, outputs_of(model), tmp_path / "out")
    before = {file: file.read_bytes() for file in (tmp_path / "out").iterdir()}
    with pytest.raises(UserError, match="torchscript was not kept"):
        exported(model, WRONG["the batch in another order"](model), tmp_path / "out", ("torchscript",))
    assert {file: file.read_bytes() for file in (tmp_path / "out").iterdir()} == before


def test_an_export_replaces_an_earlier_one_and_nothing_else(model, tmp_path):
    out = tmp_path / "out"
    exported(model, outputs_of(model), out, ("torchscript",))
    (out / "notes.txt").write_text("mine")
    exported(model, outputs_of(model), out)
    names = {"config.json", "model.safetensors", "README.md", "export.json", "notes.txt"}
    assert {file.name for file in out.iterdir()} == names
    record = json.loads((out / "export.json").read_text())
    assert record["source"] == "x"
    assert record["tolerance"] == TOLERANCE
    assert {case["relative"] for case in record["agreement"]["safetensors"]} == {0.0}


def test_folders_of_others_are_left_alone(model, tmp_path):
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(UserError, match="holds other files"):
        exported(model, outputs_of(model), tmp_path)
    with pytest.raises(UserError, match="is a file"):
        exported(model, outputs_of(model), tmp_path / "README.md")
    assert (tmp_path / "README.md").read_text() == "mine"
