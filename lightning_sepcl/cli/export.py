"""`sepcl export RUN --to onnx --out FOLDER`: a trained model as files for others, compared with its checkpoint."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor

from lightning_sepcl.checkpoint_file import content_of
from lightning_sepcl.cli.carried_experiment import EXPERIMENT
from lightning_sepcl.cli.closest import suggestion
from lightning_sepcl.cli.embed import at_least_one, file_hash
from lightning_sepcl.cli.run_folder import run_of_checkpoint
from lightning_sepcl.cli.trained import checkpoint_file, load_trained
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.conditioning.saved_separator import load_any
from lightning_sepcl.data.publications import PUBLICATIONS
from lightning_sepcl.deploy.agreement import TOLERANCE, Outputs, table
from lightning_sepcl.deploy.audio_encoder import EMBEDDING
from lightning_sepcl.deploy.audio_separator import AudioSeparator
from lightning_sepcl.deploy.card import Provenance, card
from lightning_sepcl.deploy.checkpoint import model_of_checkpoint
from lightning_sepcl.deploy.exporting import CARD, Cases, export
from lightning_sepcl.deploy.hub import push, refuse_unusable
from lightning_sepcl.deploy.product import CONFIG, WEIGHTS, read_file
from lightning_sepcl.deploy.targets import TARGETS, Target
from lightning_sepcl.deploy.wave_model import WaveModel
from lightning_sepcl.errors import UserError
from lightning_sepcl.ledger.environment import capture_environment
from lightning_sepcl.ledger.run_record import RECORD_FILE, RunRecord, read_record

PROCESSOR = "processors/last.safetensors"
SYNTHESISED = "SyntheticScenes"
FORMATS = ("safetensors", "onnx", "onnxruntime")
"""Packages whose versions an export's record tells."""
UNKNOWN_LICENCE = "not known to the suite; look it up before the weights are published"


def run(args: list[str]) -> int:
    """Export, compare, write the card; prints how the files agree, and uploads them if asked to."""
    given = _parser().parse_args(args)
    if given.threads is not None:
        torch.set_num_threads(given.threads)
    targets = _targets(given.to)
    _refuse_push(given)
    file = _file(given.checkpoint)
    model, reference = _separator(file) if file.suffix == ".safetensors" else _encoder(file, given)
    made = _provenance(file, model, given)
    record = made.record
    facts: dict[str, Any] = {
        "source": record.name if record else file.stem,
        "checkpoint_sha256": made.sha256,
        "training": {"commit": record.commit, "seed": record.seed, "data": record.data} if record else {},
        "environment": _environment(),
    }
    cases = export(model, reference, targets, given.out, facts, lambda found: card(model, made, found, given.push))
    print(_told(given.out, cases))
    if given.push:
        files = [CARD, *dict.fromkeys(name for target in targets for name in target.files)]
        commit = push(given.out, given.push, files, given.private)
        print(f"uploaded to {given.push}: lightning_sepcl.load({given.push!r}, revision={commit!r})")
    return 0


def _parser() -> VerbParser:
    parser = VerbParser(
        "sepcl export",
        "Write a trained encoder, classifier or separator for others, compare the files with the checkpoint, and write "
        "a model card. Nothing is left if they disagree.",
    )
    add = parser.add_argument
    add(
        "checkpoint", type=Path, metavar="RUN", help="folder of a run, a checkpoint, or a separator's .safetensors file"
    )
    add("--to", nargs="+", required=True, metavar="TARGET", help=f"one or several of: {', '.join(TARGETS)}")
    add(
        "--out", type=Path, required=True, metavar="FOLDER", help="folder to write; an earlier export there is replaced"
    )
    add("--part", choices=("encoder", "classifier"), help="of a supervised run (default: classifier)")
    add("--readout", metavar="NAME", help="what of the encoder is the embedding (default: embedding)")
    add("--licence", default="", metavar="ID", help="of the weights, for the card, such as cc-by-4.0")
    add("--push", metavar="USER/NAME", help="upload to the Hugging Face hub; the model is made if there is none")
    add("--private", action="store_true", help="make it private there")
    add("--threads", type=at_least_one, metavar="N", help="threads PyTorch may use")
    return parser


def _targets(names: Sequence[str]) -> list[Target]:
    for name in names:
        if name not in TARGETS:
            raise UserError(f"--to: no target {name!r}{suggestion(name, TARGETS)}; there are: {', '.join(TARGETS)}")
    return [TARGETS[name] for name in dict.fromkeys(names)]


def _refuse_push(given: Namespace) -> None:
    if given.push:
        refuse_unusable(given.push)
        if "safetensors" not in given.to:
            raise UserError("--push: add safetensors to --to, which is what lightning_sepcl.load takes from the hub")


def _file(path: Path) -> Path:
    """The checkpoint, or the separator's file, that is meant."""
    if path.is_dir() and (path / CONFIG).is_file() and (path / WEIGHTS).is_file():
        raise UserError(f"{path} is an export already: name the run or the checkpoint that it was made of")
    return path / PROCESSOR if (path / PROCESSOR).is_file() else checkpoint_file(path)


def _separator(file: Path) -> tuple[WaveModel, Outputs]:
    model, separator = read_file(file), load_any(file)
    if not isinstance(model, AudioSeparator):
        raise UserError(f"{file} holds no separator but a {type(model).__name__}: name a run or a checkpoint")
    return model, lambda wave: [separator(wave[:, None])]


def _encoder(file: Path, given: Namespace) -> tuple[WaveModel, Outputs]:
    model = model_of_checkpoint(file, given.part, given.readout)
    method, head = load_trained(file), model.kind == "classifier"
    readout = _readout(list(method.readouts), given.readout)

    def reference(wave: Tensor) -> Sequence[Tensor]:
        clips = wave[:, None] if wave.ndim == 2 else wave
        h = method.embed(clips, torch.full((len(clips),), clips.shape[-1]))[readout]
        return [method.get_submodule("head")(h) if head else h, method.embed_frames(clips)]

    return model, reference


def _readout(names: Sequence[str], asked: str | None) -> str:
    """The same choice as that of `model_of_checkpoint`."""
    return asked or (EMBEDDING if EMBEDDING in names else names[0])


def _provenance(file: Path, model: WaveModel, given: Namespace) -> Provenance:
    folder = run_of_checkpoint(file)
    record = _record(folder.path if folder else None)
    experiment = _experiment(file, folder.config if folder else None)
    section = experiment.get("model") or {}
    front = section.get("init_args") or {}
    separates = isinstance(model, AudioSeparator)
    return Provenance(
        name=given.out.resolve().name,
        method=str(section.get("class_path", "")).rpartition(".")[2],
        readout="" if separates else _readout(list(front.get("readouts") or [EMBEDDING]), given.readout),
        sha256=file_hash(file),
        record=record,
        experiment=yaml.safe_dump(section, sort_keys=False).rstrip() if section else "",
        data_licence=_licence(str((experiment.get("data") or {}).get("class_path", "")).rpartition(".")[2]),
        licence=given.licence,
    )


def _record(folder: Path | None) -> RunRecord | None:
    return read_record(folder / RECORD_FILE) if folder and (folder / RECORD_FILE).is_file() else None


def _experiment(file: Path, config: Path | None) -> dict[str, Any]:
    """The experiment that a checkpoint carries; of a separator's file that of its run, if it lies in one."""
    text = (content_of(file) or {}).get(EXPERIMENT) if file.suffix == ".ckpt" else None
    if text is None and config is not None:
        text = config.read_text(encoding="utf-8")
    return yaml.safe_load(text) if text else {}


def _licence(data_module: str) -> str:
    """Of a data set, in a sentence."""
    if data_module == SYNTHESISED:
        return "none, the sounds were synthesised by lightning_sepcl itself"
    known = (p for p in PUBLICATIONS if data_module in p.data_modules)
    return next((f"{p.licence} ({p.page})" for p in known), UNKNOWN_LICENCE)


def _environment() -> dict[str, Any]:
    found = capture_environment()
    versions = {name: version(name) for name in FORMATS if find_spec(name) is not None}
    return {**found, "hardware": asdict(found["hardware"]), "versions": found["versions"] | versions}


def _told(out: Path, cases: Cases) -> str:
    rows = table(cases)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    told = f"largest difference from the checkpoint, and its share of the largest value ({TOLERANCE:g} is let through):"
    files = dict.fromkeys(str(out / file) for name in cases for file in TARGETS[name].files)
    return "\n".join([told, *lines, f"written: {', '.join(files)}, {out / CARD}"])
