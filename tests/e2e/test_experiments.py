"""Every experiment file through the real command line: it takes two steps, is judged, leaves a record and a report."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from lightning_sepcl.cli.main import main
from lightning_sepcl.conditioning import save_classifier
from tests.fakes.classifier import small_classifier
from tests.fakes.esc import write_esc
from tests.fakes.fsdd import write_fsdd
from tests.fakes.rooms import with_second_sources, write_rooms
from tests.fakes.speech_commands import write_speech_commands

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
SMOKE = EXPERIMENTS / "scales/smoke.yaml"
SMOKE_SEPARATOR = EXPERIMENTS / "scales/smoke_separator.yaml"
MORE = "--data.pretrain_on=[train,val,test]"  # else there are fewer clips than a batch
NOT_ALONE = {"parts", "scales", "tables", "sweeps"}
RUNNABLE = sorted(f for f in EXPERIMENTS.rglob("*.yaml") if not NOT_ALONE & set(f.relative_to(EXPERIMENTS).parts))


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Options that make each data set a tiny fake of itself, and the caches shared by all experiments."""
    folder = tmp_path_factory.mktemp("data")
    small = {
        "ESC50": ["--data.root", str(write_esc(folder / "esc", clips_per_class_and_fold=1, seconds=2.5))],
        "SpeechCommands": ["--data.root", str(write_speech_commands(folder / "words")), MORE],
        "FSDD": ["--data.root", str(write_fsdd(folder / "fsdd"))],
        "SimulatedRooms": ["--data.root", str(write_rooms(folder / "rooms", seconds=1.2)), "--data.recordings=null"],
        "two_sources": [
            *[
                "--data.root",
                str(with_second_sources(write_rooms(folder / "two", scenes=60, seconds=1.2), seconds=1.2)),
            ],
            *["--data.recordings=null", "--data.val_share=0.3", "--data.test_share=0.3"],
        ],
        "SyntheticScenes": [f"--data.{k}={v}" for k, v in {"train": 12, "val": 6, "test": 6, "seconds": 2.0}.items()],
    }
    few = {
        "train": 16,
        "val": 4,
        "test": 4,
        "seconds": 1.0,
        "singles": "ESCCorpus",
        "singles.root": str(folder / "esc"),
    }
    small["LabelledMixtures"] = [f"--data.{k}={v}" for k, v in few.items()]
    save_classifier(folder / "classifier.safetensors", small_classifier())
    return {name: [*options, "--data.cache_dir", str(folder / "cache")] for name, options in small.items()}


def told_by(experiment, data):
    """The classifier that a conditioned separator is given, and how often it is asked."""
    if "SavedClassifier" not in "".join(f.read_text() for f in ancestry(experiment)):
        return []
    folder = Path(data["LabelledMixtures"][-1]).parent
    own = "--model.separator.classifier"
    return [f"{own}.file={folder / 'classifier.safetensors'}", f"{own}.hop_frames=48", "--model.separator.width=4"]


def ancestry(experiment):
    """An experiment and all files it inherits from."""
    parents = yaml.safe_load(experiment.read_text()).get("inherits", [])
    files = [experiment.parent / name for name in ([parents] if isinstance(parents, str) else parents)]
    return [experiment, *(f for file in files for f in ancestry(file))]


def data_set_of(experiment):
    text = yaml.safe_load(experiment.read_text())
    if "data" in text and "class_path" in text["data"]:
        return text["data"]["class_path"]
    parents = text["inherits"]
    return data_set_of(experiment.parent / (parents if isinstance(parents, str) else parents[0]))


@pytest.fixture(autouse=True)
def undisturbed():
    yield
    torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize("experiment", RUNNABLE, ids=lambda f: str(f.relative_to(EXPERIMENTS)))
def test_two_steps(experiment, data, tmp_path, capsys):
    kind = experiment.stem if experiment.stem in data else data_set_of(experiment)
    options = [*data[kind], *told_by(experiment, data), "--trainer.precision=32-true", "--threads=1"]
    run = ["--run", str(tmp_path / "run")]
    smoke = SMOKE_SEPARATOR if "separat" in str(experiment.relative_to(EXPERIMENTS)) else SMOKE
    assert main(["fit", "--config", str(experiment), "--config", str(smoke), *options, *run]) == 0, (
        capsys.readouterr().err
    )
    record = json.loads((tmp_path / "run/record.json").read_text())
    assert record["steps"] == 2
    assert record["status"] == "fitted"
    assert (tmp_path / "run/checkpoints/last.ckpt").is_file()


def test_from_separator_to_joint_training_on_its_channels(data, tmp_path, capsys):
    small, base = data["SyntheticScenes"], ["--threads=1", "--trainer.precision=32-true"]
    run, channels = tmp_path / "separator", tmp_path / "channels"
    separator = ["--config", str(EXPERIMENTS / "scenes/separator.yaml"), "--config", str(SMOKE_SEPARATOR)]
    joint = ["--config", str(EXPERIMENTS / "scenes/joint.yaml"), "--config", str(SMOKE)]
    assert main(["fit", *separator, *small, *base, "--run", str(run)]) == 0, capsys.readouterr().err
    assert main(["test", "--run", str(run)]) == 0
    metrics = {result["metric"] for result in json.loads((run / "results.json").read_text())}
    assert {"si_sdri", "si_snri_ms", "silent_references"} <= metrics
    files = [str(run / f"processors/{name}.safetensors") for name in ("n", "last")]
    folders = [str(channels / name) for name in ("n", "s2")]
    for file, folder in zip(files, folders, strict=True):
        assert main(["separate-dataset", "--separator", file, "--out", folder, *joint[:2], *small]) == 0
    ways = {
        "device": ["--model.front.separate=SeparateOnDevice", f"--model.front.separate.files={json.dumps(files)}"],
        "before": [
            "--model.front.separate=SeparatedBefore",
            "--model.front.separate.processors=2",
            f"--data.separated={json.dumps(folders)}",
        ],
    }
    losses = {}
    for way, options in ways.items():
        views = "--model.front.views.sources=MixtureChannel"
        run = tmp_path / way
        assert main(["fit", *joint, *small, *base, *options, views, "--run", str(run)]) == 0, capsys.readouterr().err
        losses[way] = np.genfromtxt(run / "log/version_0/metrics.csv", delimiter=",", names=True)["trainloss"]
    np.testing.assert_allclose(losses["before"], losses["device"], rtol=1e-4)


@pytest.mark.parametrize("name", ["oracle_all_separator", "guided_iterative_separator"])
def test_a_conditioned_separator_from_its_classifier_to_labelled_channels(name, data, tmp_path, capsys):
    small, base = data["LabelledMixtures"], ["--threads=1", "--trainer.precision=32-true"]
    run, file, folder = tmp_path / "classifier", tmp_path / "classifier.safetensors", EXPERIMENTS / "conditioned"
    narrow = ["--data.train_listed=12", "--model.encoder.width=0.0625", "--data.batch_size=4"]
    classifier = ["--config", str(folder / "classifier.yaml"), "--config", str(SMOKE), *small, *base, *narrow]
    assert main(["fit", *classifier, "--run", str(run)]) == 0, capsys.readouterr().err
    assert main(["save-classifier", str(run), "--out", str(file)]) == 0
    assert "4 classes, 16000 Hz" in capsys.readouterr().out
    separator = ["--config", str(folder / f"{name}.yaml"), "--config", str(SMOKE_SEPARATOR), *small, *base]
    told = [f"--model.separator.classifier.file={file}", "--model.separator.classifier.hop_frames=48"]
    run = tmp_path / "separator"
    assert main(["fit", *separator, *told, "--run", str(run)]) == 0, capsys.readouterr().err
    assert main(["test", "--run", str(run)]) == 0
    assert {"si_sdri", "val_si_sdri"} <= {r["metric"] for r in json.loads((run / "results.json").read_text())}
    assert len((run / "mixtures.csv").read_text().splitlines()) == 1 + 4 + 4
    file.unlink()  # the run's separator has its classifier in it
    sound = next((Path(small[-1]).parent / "esc/audio").glob("*.wav"))
    words = ["separate", str(sound), "--separator", str(run), "--labels", "--out", str(tmp_path / "out")]
    status, said = main(words), capsys.readouterr()
    if name.startswith("oracle"):
        assert status == 2
        assert "recordings without them take embedding=mixture" in said.err
    else:
        assert status == 0, said.err
        page = (tmp_path / f"out/{sound.stem}.html").read_text()
        assert page.count("<audio") == 3
        assert "<script" not in page


def test_from_fit_to_report(data, tmp_path, capsys):
    """The whole chain of the demo on its own experiment, tiny."""
    run = ["--run", str(tmp_path / "run")]
    words = [*data["SyntheticScenes"], "--threads=1"]
    demo = ["--config", str(EXPERIMENTS / "demo.yaml"), "--config", str(SMOKE)]
    assert main(["fit", *demo, *words, *run]) == 0
    assert main(["test", *run]) == 0
    printed = capsys.readouterr().out
    assert "untrained blocks" in printed
    results = json.loads((tmp_path / "run/results.json").read_text())
    assert {"embedding", "blocks", "log-mel mean+std", "untrained embedding"} <= {r["what"] for r in results}
    assert {"qbe_map", "knn_map", "linear_map"} == {r["metric"] for r in results}
    assert json.loads((tmp_path / "run/record.json").read_text())["status"] == "complete"
    with np.load(tmp_path / "run/views.npz") as views:
        assert views["wave_0"].shape == (2, 15600)
        assert views["features_0"].shape == (2, 64, 96)
    assert main(["predict", *run]) == 0
    with np.load(tmp_path / "run/predictions.npz") as predictions:
        assert predictions["h:embedding"].shape == (24, 128)  # all clips of all splits
        assert len(set(predictions["keys"])) == 24
    assert main(["report", str(tmp_path / "run")]) == 0
    page = (tmp_path / "run/report.html").read_text()
    assert page.count("<audio") >= 5
    assert "<script" not in page
    assert main(["preview", *demo, *words, "--out", str(tmp_path / "views.png"), "--clips", "2"]) == 0
    assert (tmp_path / "views.png").stat().st_size > 10_000


def test_a_saved_config_replays_alone(data, tmp_path):
    first, again = tmp_path / "first", tmp_path / "again"
    demo = ["--config", str(EXPERIMENTS / "demo.yaml"), "--config", str(SMOKE), *data["SyntheticScenes"], "--threads=1"]
    assert main(["fit", *demo, "--run", str(first)]) == 0
    assert main(["fit", "--config", str(first / "config.yaml"), "--run", str(again)]) == 0
    a, b = (torch.load(d / "checkpoints/last.ckpt", weights_only=True)["state_dict"] for d in (first, again))
    assert all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["report", "nowhere"], "no run nowhere"),
        (["preview", "--config", str(EXPERIMENTS / "demo.yaml"), "--clips", "0"], "--clips must be at least 1"),
        (["preview", "--config", str(EXPERIMENTS / "demo.yaml"), "--out", "a.txt"], "must end in .png"),
        (["preview"], "no experiment given"),
        (["demo", "--nonsense"], "nonsense"),
    ],
)
def test_a_wrong_word_is_one_sentence(words, said, capsys, monkeypatch):
    monkeypatch.chdir(EXPERIMENTS.parent)
    assert main(words) == 2
    told = capsys.readouterr().err
    assert said in told
    assert len(told.splitlines()) <= 12
    assert "Traceback" not in told
