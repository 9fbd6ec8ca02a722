"""`sepcl demo-separation`: from nothing to a classifier, a separator that is told what it hears, and named channels."""

from __future__ import annotations

import time
from pathlib import Path

import soundfile as sf

from lightning_sepcl.audio.level import to_float
from lightning_sepcl.cli import save_classifier, separate, training
from lightning_sepcl.cli.training import build_experiment
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.data.datamodule import AudioDataModule

FOLDER = Path("experiments/conditioned")
CLASSIFIER, SEPARATOR = FOLDER / "classifier.yaml", FOLDER / "pretrained_separator.yaml"


def run(args: list[str]) -> int:
    """Train both, render a mixture that neither has heard, separate it and name what is in the channels."""
    parser = VerbParser(
        "sepcl demo-separation",
        "Train a small classifier and a separator conditioned by it, then separate a test mixture with labels.",
    )
    add = parser.add_argument
    add("--run", type=Path, default=Path("runs/demo_separation"), metavar="DIR", help="default: %(default)s")
    add("--real", action="store_true", help="mixtures of ESC-50 clips (below $SEPCL_DATA) instead of embedded sounds")
    add("--scale", help="name of the files in experiments/conditioned/scales (default: demo; with --real: mini)")
    add("--resume", action="store_true", help="continue an interrupted demo")
    given, rest = parser.parse_known_args(args)
    scale, start = given.scale or ("mini" if given.real else "demo"), time.monotonic()
    resume, file = (["--resume"] if given.resume else []), given.run / "classifier.safetensors"
    told = [f"--model.separator.classifier.file={file}"]
    print("1 of 3: training a classifier on mixtures of one and two sounds", flush=True)
    words = [*_configs(CLASSIFIER, f"{scale}_classifier"), "--run", str(given.run / "classifier"), *resume, *rest]
    if status := training.run("fit", words):
        return status
    save_classifier.run([str(given.run / "classifier"), "--out", str(file)])
    print("2 of 3: training a separator that is told what the classifier hears", flush=True)
    words = [*_configs(SEPARATOR, f"{scale}_conditioned"), *told, *rest]
    if status := training.run("fit", [*words, "--run", str(given.run / "separator"), *resume]):
        return status
    print("3 of 3: separating a mixture that neither of them has heard", flush=True)
    mixture = _write_mixture(given.run / "mixture.wav", words)
    out = ["--separator", str(given.run / "separator"), "--out", str(given.run / "separated"), "--labels"]
    status = separate.run([str(mixture), *out])
    print(f"done in {time.monotonic() - start:.0f} s; open {given.run / 'separated/mixture.html'} in a browser")
    print(f"your own: sepcl separate FILE --separator {given.run / 'separator'} --labels --out DIR")
    return status


def _configs(experiment: Path, scale: str) -> list[str]:
    return ["--config", str(experiment), "--config", str(FOLDER / "scales" / f"{scale}.yaml")]


def _write_mixture(path: Path, words: list[str]) -> Path:
    """The first mixture of the test list as a file."""
    data = build_experiment(words).datamodule
    assert isinstance(data, AudioDataModule)
    batch = next(iter(data.test_dataloader()[-1]))
    sf.write(path, to_float(batch.wave[0, 0, 0]).numpy(), data.sample_rate)
    return path
