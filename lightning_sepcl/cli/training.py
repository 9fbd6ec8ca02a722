"""The verbs `fit`, `validate`, `test` and `predict`."""

from __future__ import annotations

import logging
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pytorch_lightning as pl
from lightning_fabric.utilities.exceptions import MisconfigurationException
from lightning_utilities.core.rank_zero import rank_zero_only
from pytorch_lightning.utilities.exceptions import SIGTERMException

from lightning_sepcl.cli.experiment import composed
from lightning_sepcl.cli.failures import told_of
from lightning_sepcl.cli.families import Family, default_families, import_rooms
from lightning_sepcl.cli.help_text import all_options
from lightning_sepcl.cli.loading_processes import notice_deaths_where_batches_are_awaited
from lightning_sepcl.cli.run_folder import RunFolder, refuse_to_continue, trusted_content
from lightning_sepcl.cli.training_cli import TrainingCLI, built, config_text
from lightning_sepcl.cli.words import Words, words_of
from lightning_sepcl.errors import INTERRUPTED, TERMINATED, UserError

EXPECTED_WARNINGS = (
    ".*does not have many workers.*",  # how many is the data module's business
    ".*is smaller than the logging interval.*",  # a small data set
    ".*Checkpoint directory .* exists and is not empty.*",  # a run that goes on
    ".*dataloader is not resumable.*",  # the suite's data modules find their own place in an epoch
    ".*Total length of `.*DataLoader` across ranks is zero.*",  # a split without clips, of which evaluation tells
    ".*The dirpath has changed from.*",  # a run whose folder was moved
    ".*isinstance\\(treespec, LeafSpec\\).*",  # Lightning 2.6 with torch 2.14
    r"Found \d+ module\(s\) in eval mode at the start of training",  # a conditioned separator's classifier
)


@dataclass(frozen=True)
class Bases:
    """The classes that `model` and `data` must extend, where their kin is imported from, and the other sections."""

    method: type[pl.LightningModule]
    data: type[pl.LightningDataModule]
    families: Sequence[Family] = ()
    parts: Mapping[str, type] = field(default_factory=dict)


def suite_bases() -> Bases:
    """The suite's own."""
    from lightning_sepcl.cli.run_callbacks import PARTS
    from lightning_sepcl.data.datamodule import AudioDataModule
    from lightning_sepcl.methods.learner import Learner

    return Bases(Learner, AudioDataModule, default_families(), PARTS)


def run(verb: str, args: list[str], bases: Bases | None = None) -> int:
    """Train or judge, as `verb` says; returns the exit status.

    Raises:
        UserError: something the user can mend.
    """
    words = words_of(args)
    bases = bases or suite_bases()
    import_rooms(bases.families)
    _quieten()
    if "help-all" in words.flags:
        print(all_options(verb))
        return 0
    if words.flags & {"resume"} and verb != "fit":
        raise UserError(f"--resume belongs to fit; {verb} takes a checkpoint by --run or --ckpt_path")
    if "print_config" in words.flags:
        written, _ = composed(words)
        print(config_text(built(written, bases.method, bases.data, _say, build=False, parts=bases.parts)), end="")
        return 0
    return _fit(words, bases) if verb == "fit" else _judge(verb, words, bases)


def build_experiment(args: list[str], bases: Bases | None = None) -> TrainingCLI:
    """Method (`.model`), data module (`.datamodule`) and trainer of `sepcl fit ARGS`, without running anything."""
    bases = bases or suite_bases()
    import_rooms(bases.families)
    _quieten()
    written, _ = composed(words_of(args))
    return built(written, bases.method, bases.data, _say, parts=bases.parts)


def check(args: list[str], bases: Bases | None = None) -> None:
    """Refuses what `sepcl fit ARGS` would refuse before it builds anything: names, files, types.

    Raises:
        UserError: what is wrong, and where.
    """
    bases = bases or suite_bases()
    import_rooms(bases.families)
    _quieten()
    written, _ = composed(words_of(args))
    built(written, bases.method, bases.data, lambda note: None, build=False, parts=bases.parts)


def _fit(words: Words, bases: Bases) -> int:
    written, folder = composed(words)
    cli = built(written, bases.method, bases.data, _say, parts=bases.parts)
    if cli.config.trainer.fast_dev_run:
        return _carried_out(cli, "fit", _start(words, folder), folder)
    with folder.alone(_say) if getattr(rank_zero_only, "rank", 0) == 0 else nullcontext():
        start = _start(words, folder)
        if "resume" not in words.flags and not (start and folder.path.resolve() in start.resolve().parents):
            _set_aside(folder)
        return _carried_out(cli, "fit", start, folder)


def _start(words: Words, folder: RunFolder) -> Path | None:
    """The checkpoint to go on from, if any."""
    if words.ckpt_path:
        refuse_to_continue(Path(words.ckpt_path))
        return Path(words.ckpt_path)
    if "resume" not in words.flags:
        return None
    start, told = folder.to_continue_from()
    _say(told or (f"continuing from {start}" if start else f"{folder.path} holds no checkpoint; starting afresh"))
    if start:
        refuse_to_continue(start)
    return start


def _judge(verb: str, words: Words, bases: Bases) -> int:
    written, folder = composed(words)
    checkpoint = Path(words.ckpt_path) if words.ckpt_path else folder.to_judge()
    if checkpoint:
        trusted_content(checkpoint)
    elif words.run:
        raise UserError(f"{folder.checkpoints} holds no checkpoint: train with `sepcl fit --run {words.run}` first")
    _say(f"{verb}: {checkpoint}" if checkpoint else f"{verb}: no checkpoint given; the method as it was initialised")
    return _carried_out(built(written, bases.method, bases.data, _say, parts=bases.parts), verb, checkpoint, folder)


def _carried_out(cli: TrainingCLI, verb: str, checkpoint: Path | None, folder: RunFolder) -> int:
    """Run the trainer; a Ctrl-C or SIGTERM ends with the command that continues."""
    again = f"continue with: sepcl fit --run {folder.path} --resume"
    notice_deaths_where_batches_are_awaited()
    try:
        # tensors and plain values only: a checkpoint from elsewhere must not be able to run code
        getattr(cli.trainer, verb)(
            cli.model,
            datamodule=cli.datamodule,
            ckpt_path=str(checkpoint) if checkpoint else None,
            weights_only=True,
        )
    except (KeyboardInterrupt, SystemExit) as stop:
        terminated = isinstance(stop, SIGTERMException)
        if isinstance(stop, SystemExit) and not (terminated or isinstance(stop.__context__, KeyboardInterrupt)):
            raise
        _say("interrupted" + (f"; {again}" if verb == "fit" else ""))
        return TERMINATED if terminated else INTERRUPTED
    except (MisconfigurationException, RuntimeError, ValueError, UserError) as error:
        told = told_of(error, checkpoint, again if verb == "fit" else "give the same command again")
        if told is None:
            raise
        raise UserError(told) from error
    if verb == "fit":
        _say(f"trained for {cli.trainer.global_step} steps; judge it with: sepcl test --run {folder.path}")
    return 0


@rank_zero_only
def _set_aside(folder: RunFolder) -> None:
    if aside := folder.set_aside():
        _say(f"{folder.path} held an earlier run, now in {aside} (--resume would have continued it)")


@rank_zero_only
def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _quieten() -> None:
    """Without adverts in the log, and without warnings about what is meant to be so."""
    for name in ("pytorch_lightning.utilities.rank_zero", "lightning_fabric.utilities.seed"):
        logging.getLogger(name).setLevel(logging.WARNING)  # which devices there are not, and adverts
    for message in EXPECTED_WARNINGS:
        warnings.filterwarnings("ignore", message=message)
    # Lightning 2.6 calls what jsonargparse 5 will remove; our bounds keep the two together
    os.environ.setdefault("JSONARGPARSE_DEPRECATION_WARNINGS", "off")
