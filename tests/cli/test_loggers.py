"""TensorBoard and W&B, each by one more `--config`: what they hold after `fit`, `--resume` and `test`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from lightning_sepcl.cli import loggers
from lightning_sepcl.cli.logged_pictures import figures_of, pixels
from lightning_sepcl.cli.main import main
from lightning_sepcl.cli.run_folder import RunFolder
from lightning_sepcl.records import Result

ROOT = Path(__file__).parents[2]
OVERLAYS = ROOT / "experiments/parts/loggers"
TINY = ["--config", str(ROOT / "tests/e2e/tiny.yaml"), "--threads=1"]
RUN_SHORT = ["--trainer.max_steps=6", "--trainer.max_epochs=-1", "--checkpoint.monitor=null"]


@pytest.fixture(autouse=True)
def toys():
    """The real suite, not the toy suite of this folder."""
    torch.set_num_threads(1)
    yield
    torch.use_deterministic_algorithms(False)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return [f"--data.cache_dir={tmp_path_factory.mktemp('cache')}"]


@pytest.fixture(scope="module")
def run(cache, tmp_path_factory):
    """The folder of a run that was stopped once, resumed and tested, with both overlays."""
    pytest.importorskip("wandb", exc_type=ImportError)
    pytest.importorskip("tensorboard", exc_type=ImportError)
    patch = pytest.MonkeyPatch()
    patch.setenv("WANDB_SILENT", "true")
    folder = tmp_path_factory.mktemp("runs") / "logged"
    both = [word for name in ("tensorboard", "wandb") for word in ("--config", str(OVERLAYS / f"{name}.yaml"))]
    assert main(["fit", *TINY, *both, *cache, *RUN_SHORT, "--run", str(folder)]) == 0
    assert main(["fit", "--run", str(folder), "--resume", "--trainer.max_steps=12"]) == 0
    assert main(["test", "--run", str(folder)]) == 0
    patch.undo()
    return folder


def events(run):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(run / "tensorboard"), size_guidance={"images": 0, "scalars": 0, "tensors": 0})
    return found.Reload()


def test_tensorboard_has_curves_pictures_and_results(run):
    log = events(run)
    assert [e.step for e in log.Scalars("train/loss")] == list(range(12))  # both parts, each step once
    assert len(log.Scalars("val/qbe_map")) == 2
    results = {(r["what"], r["metric"]): r["value"] for r in json.loads((run / "results.json").read_text())}
    for (what, metric), value in results.items():
        (found,) = log.Scalars(f"test/{what}/{metric}")
        assert found.value == pytest.approx(value, nan_ok=True)
        assert found.step == 12
    assert [e.step for e in log.Images("views")] == [0]
    assert [e.step for e in log.Images("validation map")] == [6, 12]
    assert [e.step for e in log.Images("test map")] == [12]
    (picture,) = log.Images("views")
    assert picture.encoded_image_string.startswith(b"\x89PNG")
    assert picture.width > 400
    (table,) = log.Tensors("results/text_summary")
    assert b"| embedding | qbe_map | " in table.tensor_proto.string_val[0]
    assert (
        b"class_path: lightning_sepcl.methods" in log.Tensors("experiment/text_summary")[0].tensor_proto.string_val[0]
    )


def test_tensorboards_projector_has_the_test_clips(run):
    (tensors,) = (run / "tensorboard").glob("*/*/tensors.tsv")
    assert np.loadtxt(tensors).shape == (8, 8)
    labels = (tensors.parent / "metadata.tsv").read_text().splitlines()
    assert len(labels) == 8
    assert all(labels)


def test_wandb_is_offline_and_one_run_from_fit_to_test(run):
    name = (run / "wandb" / "id").read_text().strip()
    parts = sorted((run / "wandb").glob("offline-run-*"))
    assert len(parts) == 3
    assert all(p.name.endswith(f"-{name}") and (p / f"run-{name}.wandb").stat().st_size for p in parts)
    media = [p.name for p in (run / "wandb").glob("offline-run-*/files/media/*/*")]
    for beginning in ("views_", "validation map_", "test map_", "results_"):
        assert any(file.startswith(beginning) for file in media), beginning
    (table,) = (run / "wandb").glob("offline-run-*/files/media/table/results_*.json")
    table = json.loads(table.read_text())
    assert table["columns"] == ["representation", "metric", "value", "chance", "n", "protocol"]
    results = json.loads((run / "results.json").read_text())
    assert [row[:2] for row in table["data"]] == [[r["what"], r["metric"]] for r in results]


def test_the_csv_log_is_as_ever(run):
    files = sorted((run / "log").glob("version_*/metrics.csv"))
    steps = [int(line.split(",")[1]) for f in files for line in f.read_text().splitlines()[1:]]
    assert set(steps) == set(range(12))
    assert (run / "config.yaml").is_file()
    assert not (run / "wandb" / "config.yaml").exists()


def test_a_fresh_run_in_the_same_folder_takes_the_old_logs_aside(tmp_path):
    run = RunFolder(tmp_path)
    for file in ("checkpoints/last.ckpt", "config.yaml", "tensorboard/events", "wandb/id", "log/version_0/metrics.csv"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("x")
    assert run.set_aside() == tmp_path / "earlier_1"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["earlier_1"]
    assert (tmp_path / "earlier_1/wandb/id").is_file()


@pytest.mark.parametrize("name", ["tensorboard", "wandb"])
def test_a_missing_package_is_told_with_its_extra(name, cache, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(loggers, "find_spec", lambda module: None)
    words = [*TINY, "--config", str(OVERLAYS / f"{name}.yaml"), *cache, "--run", str(tmp_path / "run")]
    assert main(["fit", *words]) == 2
    assert capsys.readouterr().err == (
        f'error: the package {name} is not installed: pip install "lightning_sepcl[{name}]", '
        "or leave out the file that asks for it\n"
    )


def test_a_wrong_mode_is_told(cache, tmp_path, capsys):
    words = [*TINY, "--config", str(OVERLAYS / "wandb.yaml"), *cache, "--run", str(tmp_path / "run")]
    assert main(["fit", *words, "--trainer.logger.0.mode=on"]) == 2
    error = capsys.readouterr().err
    assert "'on'" in error
    assert "Traceback" not in error


def test_with_csv_alone_there_is_no_callback_for_it(cache, tmp_path):
    pytest.importorskip("tensorboard")
    from lightning_sepcl.cli.logged_pictures import LoggedPictures
    from lightning_sepcl.cli.training import build_experiment

    built = build_experiment([*TINY, *cache, "--run", str(tmp_path / "run")])
    assert not [c for c in built.trainer.callbacks if isinstance(c, LoggedPictures)]
    overlay = ["--config", str(OVERLAYS / "tensorboard.yaml")]
    built = build_experiment([*TINY, *overlay, *cache, "--run", str(tmp_path / "run")])
    assert len([c for c in built.trainer.callbacks if isinstance(c, LoggedPictures)]) == 1
    assert not (tmp_path / "run").exists()


def test_figures_that_share_a_name_are_counted():
    results = [Result("h", metric, value, 0.1, 5, "p", 0) for metric, value in (("a", 0.5), ("b", 0.6), ("a", 0.7))]
    assert figures_of(results) == {"test/h/a": 0.5, "test/h/b": 0.6, "test/h/a (2)": 0.7}


def test_pixels_are_the_figure_on_white():
    figure = Figure(figsize=(2, 1), dpi=50)
    figure.add_axes((0.5, 0.0, 0.5, 1.0)).set_axis_off()
    figure.axes[0].fill([0, 1, 1, 0], [0, 0, 1, 1], color=(1, 0, 0))
    figure.axes[0].set(xlim=(0, 1), ylim=(0, 1))
    picture = pixels(figure)
    assert picture.shape == (50, 100, 3)
    assert (picture[:, :49] == 255).all()
    assert (picture[5:-5, 55:-5] == [255, 0, 0]).all()
