"""A checkpoint meets another front end on the command line; and a module of HEAR's is judged beside the run itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from lightning_sepcl.cli.main import main

TINY = ["--config", str(Path(__file__).parent / "tiny.yaml"), "--threads=1"]
SHORT = ["--trainer.max_steps=2", "--trainer.max_epochs=-1", "--checkpoint.monitor=null"]
FEATURES = "--model.front.features"


@pytest.fixture(autouse=True)
def undisturbed():
    yield
    torch.use_deterministic_algorithms(False)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return f"--data.cache_dir={tmp_path_factory.mktemp('cache')}"


@pytest.fixture(scope="module")
def run(cache, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "run"
    assert main(["fit", *TINY, cache, *SHORT, "--run", str(folder)]) == 0
    return folder


def told(capsys) -> str:
    """The error, which is one line."""
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("error: ")]
    return line


BINS = (
    "error: the checkpoint was trained with LogMel at 8000 Hz (1 channel, 32 bins, 100 frames a second), this "
    "experiment has LogMel at 8000 Hz (1 channel, 40 bins, 100 frames a second) (bins was 32 and is 40); take the "
    "checkpoint's front end, or train anew"
)


def test_test_with_other_features_is_refused(run, capsys):
    assert main(["test", "--run", str(run), f"{FEATURES}.bins=40"]) == 2
    assert told(capsys) == BINS
    assert not (run / "results.json").exists()


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ([f"{FEATURES}.bins=40"], "bins was 32 and is 40"),
        ([f"{FEATURES}.offset=0.001"], "its values differ (offset was 0.01 and is 0.001)"),
        ([f"{FEATURES}.hop_seconds=0.0101"], "hop_seconds was 0.01 and is 0.0101"),
        (["--model.front.standardise=false"], "has LogMel at 8000 Hz (1 channel, 32 bins, 100 frames a second, not"),
    ],
)
def test_fit_from_a_checkpoint_of_another_front_end_is_refused(run, cache, tmp_path, capsys, changed, named):
    start = ["--ckpt_path", str(run / "checkpoints/last.ckpt"), "--run", str(tmp_path / "other")]
    assert main(["fit", *TINY, cache, *SHORT, *start, *changed]) == 2
    assert named in told(capsys)


def test_the_same_front_end_goes_on_with_the_statistics_it_had(run, cache, tmp_path):
    start = ["--ckpt_path", str(run / "checkpoints/last.ckpt"), "--run", str(tmp_path / "on")]
    other_views = ["--model.front.views.frames=48"]  # not what the weights stand on
    assert main(["fit", *TINY, cache, *SHORT, *start, *other_views, "--trainer.max_steps=3"]) == 0
    before, after = (torch.load(f / "checkpoints/last.ckpt", weights_only=True) for f in (run, tmp_path / "on"))
    assert after["global_step"] == 3
    for name in ("mean", "std"):
        key = f"front.standardise.{name}"
        assert torch.equal(before["state_dict"][key], after["state_dict"][key])


def test_a_checkpoint_without_its_front_end_is_refused(run, cache, tmp_path, capsys):
    content = torch.load(run / "checkpoints/last.ckpt", weights_only=True)
    del content["front_end"]
    torch.save(content, tmp_path / "old.ckpt")
    words = ["--ckpt_path", str(tmp_path / "old.ckpt"), "--run", str(tmp_path / "other")]
    assert main(["test", *TINY, cache, *words]) == 2
    assert told(capsys) == "error: the checkpoint does not say which front end it was trained with: train anew"


def test_a_hear_module_is_judged_beside_the_run(run, tmp_path, capsys):
    """Our own module, with the same checkpoint: its row must equal the run's own."""
    own = tmp_path / "hear.yaml"
    weights = run / "checkpoints/last.ckpt"
    own.write_text(f"""
evaluation:
  init_args:
    baselines+:
      - class_path: HearModule
        init_args: {{module: lightning_sepcl.hear, weights: {weights}, name: by way of HEAR}}
""")
    assert main(["test", "--config", str(run / "config.yaml"), "--config", str(own), "--run", str(run)]) == 0
    results = json.loads((run / "results.json").read_text())
    ours, theirs = (
        {r["metric"]: r["value"] for r in results if r["what"] == what} for what in ("embedding", "by way of HEAR")
    )
    assert len(ours) == 3
    assert theirs == pytest.approx(ours, abs=1e-4)
