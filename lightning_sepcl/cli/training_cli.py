"""LightningCLI for experiments that `composition` put together: one parser, linked numbers, a folder per run."""

from __future__ import annotations

import inspect
import os
import random
import traceback
import typing
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytorch_lightning as pl
from jsonargparse import Namespace
from lightning_fabric.utilities.exceptions import MisconfigurationException
from pytorch_lightning.callbacks import ModelCheckpoint
from pytorch_lightning.cli import LightningArgumentParser, LightningCLI, SaveConfigCallback
from pytorch_lightning.loggers import CSVLogger

from lightning_sepcl.cli.checkpoints import write_whole
from lightning_sepcl.cli.composition import Composition
from lightning_sepcl.cli.diagnosis import diagnosis
from lightning_sepcl.cli.loggers import InRunFolder
from lightning_sepcl.cli.progress import RunProgress
from lightning_sepcl.cli.run_callbacks import add_run_callbacks
from lightning_sepcl.cli.run_folder import LOG, RunFolder
from lightning_sepcl.cli.settling import settle
from lightning_sepcl.cli.slots import path_of
from lightning_sepcl.errors import UserError
from lightning_sepcl.threads import threads_allowed

FROM_DATA = ("sample_rate", "class_names", "multi_label")
"""Attributes of the data module that the method's arguments of the same name follow."""
EVALUATION_FROM_DATA = ("sample_rate", "multi_label")
"""The same for the evaluation."""
TRAINER_DEFAULTS = {
    "deterministic": True,
    "use_distributed_sampler": False,
    "num_sanity_val_steps": 0,
    "enable_model_summary": False,
}


class ExperimentError(UserError):
    """The parser refused an experiment."""


class Parser(LightningArgumentParser):
    """Raises what is wrong instead of printing a page of usage and leaving."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Called by the parser with what it found."""
        raise ExperimentError(message) from ex


class SaveConfig(SaveConfigCallback):
    """Writes the resolved experiment to the run's folder when training starts."""

    def save_config(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Called once, on the first process."""
        if stage == "fit":
            folder = RunFolder(Path(self.config.run))
            folder.path.mkdir(parents=True, exist_ok=True)
            self.parser.save(self.config, folder.config, skip_none=False, overwrite=True, multifile=False)


class TrainingCLI(LightningCLI):
    """A method, a data module and a trainer, built from a settled experiment.

    Args:
        method: base class of what `model` may name.
        data: base class of what `data` may name.
        experiment: what `settle` made.
        build: whether to instantiate the classes; else only `parser` and `config` are there.
        parts: further sections of an experiment, each an object of this class.
    """

    def __init__(
        self,
        method: type[pl.LightningModule],
        data: type[pl.LightningDataModule],
        experiment: Mapping[str, Any],
        build: bool = True,
        parts: Mapping[str, type] | None = None,
    ) -> None:
        self.build, self.parts = build, parts or {}
        super().__init__(
            method,
            data,
            subclass_mode_model=True,
            subclass_mode_data=True,
            parser_class=Parser,
            trainer_defaults=TRAINER_DEFAULTS,
            seed_everything_default=0,
            save_config_callback=SaveConfig,
            save_config_kwargs={"save_to_log_dir": False},
            auto_configure_optimizers=False,
            args=dict(experiment),
            run=False,
        )

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """The options of the run, and which numbers follow which."""
        for name, (kind, help_text) in RUN_OPTIONS.items():
            parser.add_argument(f"--{name}", type=kind, default=None, help=help_text)
        for name in FROM_DATA:
            parser.link_arguments(f"data.{name}", f"model.init_args.{name}", apply_on="instantiate")
        for name, part in self.parts.items():
            parser.add_argument(f"--{name}", type=part, default={"class_path": getattr(part, "default", path_of(part))})
        if "evaluation" in self.parts:
            for name in EVALUATION_FROM_DATA:
                parser.link_arguments(f"data.{name}", f"evaluation.init_args.{name}", apply_on="instantiate")
            parser.link_arguments("seed_everything", "evaluation.init_args.seed")
        for target in ("model", "data"):
            parser.link_arguments("seed_everything", f"{target}.init_args.seed")

    def parse_arguments(self, parser: LightningArgumentParser, args: Any) -> None:
        """The experiment is an object already, not a list of words."""
        self.config = parser.parse_object(args)

    def instantiate_classes(self) -> None:
        """Data first, then the method, which is told about them, then the trainer."""
        if not self.build:
            return
        threads = threads_allowed(self.config.threads)
        if threads is not None:
            import torch

            torch.set_num_threads(threads)
        try:
            super().instantiate_classes()
        except Exception as error:
            refusal = _constructors_own(error)
            if isinstance(refusal, (ValueError, OSError, MisconfigurationException)):  # it refused what the user wrote
                raise UserError(str(refusal)) from error
            raise refusal from None

    def instantiate_trainer(self, **kwargs: Any) -> pl.Trainer:
        """The trainer, its log and its checkpoints inside the run's folder."""
        folder = RunFolder(Path(self.config.run or "."))
        given = self.config_init.trainer
        kwargs["default_root_dir"] = given.default_root_dir or str(folder.path)
        kwargs["logger"] = _loggers(given.logger, folder)
        if given.enable_progress_bar is not False:
            kwargs["callbacks"] = [*(given.callbacks or []), RunProgress()]
        trainer = super().instantiate_trainer(**kwargs)
        write_whole(trainer)
        if not given.fast_dev_run:
            add_run_callbacks(trainer, self.config_init, self.parts, folder, partial(config_text, self))
        for callback in trainer.checkpoint_callbacks:
            if isinstance(callback, ModelCheckpoint) and callback.dirpath is None:
                callback.dirpath = str(folder.checkpoints.resolve())
        return trainer


RUN_OPTIONS: dict[str, tuple[Any, str]] = {
    "run": (str | None, "folder of this run (default: runs/NAME-NAME after the --config files)"),
    "threads": (int | None, "processor threads torch may use (default: torch decides)"),
    "plugins": (list[str] | None, "Python files with classes of your own"),
}


def trainer_options() -> dict[str, Any]:
    """The trainer's arguments and their types."""
    init = pl.Trainer.__init__
    hints = typing.get_type_hints(init)
    return {name: hints.get(name, Any) for name in list(inspect.signature(init).parameters)[1:]}


def built(
    written: Composition,
    method: type[pl.LightningModule],
    data: type[pl.LightningDataModule],
    say: Callable[[str], None],
    build: bool = True,
    parts: Mapping[str, type] | None = None,
) -> TrainingCLI:
    """Method, data module and trainer of an experiment.

    Args:
        written: all its layers.
        method: base class of what `model` may name.
        data: base class of what `data` may name.
        say: called with a sentence for each class that a later layer changed.
        build: whether to instantiate them; else the result has `parser` and `config` only.
        parts: further sections of an experiment, each an object of this class.

    Raises:
        UserError: something in the experiment is wrong; the message says what and where.
    """
    written.value["seed_everything"] = seed_of(written)
    written.resolve_references()
    parts = parts or {}
    options = {"model": method, "data": data, "trainer": trainer_options(), "seed_everything": bool | int, **parts}
    follows = {f"model.{name}": "the data" for name in FROM_DATA}
    follows |= {f"{slot}.seed": "seed_everything" for slot in ("model", "data", "evaluation")}
    follows |= {f"evaluation.{name}": "the data" for name in EVALUATION_FROM_DATA}
    settled = settle(written, options | {name: kind for name, (kind, _) in RUN_OPTIONS.items()}, follows)
    for note in settled.notes:
        say(note)
    try:
        return TrainingCLI(method, data, settled.value, build, parts)
    except ExperimentError as error:
        raise UserError(diagnosis(str(error), written, settled, ("model", "data", *parts))) from error


def seed_of(written: Composition) -> Any:
    """The seed of the experiment; `true` and `false` draw one, which is then written down like any other."""
    seed = written.value.get("seed_everything", 0)
    if not (isinstance(seed, bool) or str(seed).lower() in ("true", "false")):
        return seed
    if "LOCAL_RANK" in os.environ:  # one of several processes: all need the first one's seed
        if "PL_GLOBAL_SEED" not in os.environ:
            raise UserError("seed_everything must be a number when several processes train together")
        return int(os.environ["PL_GLOBAL_SEED"])
    return random.SystemRandom().randrange(2**31)


def _loggers(given: Any, folder: RunFolder) -> Any:
    """A CSV log in the run's folder first, then the loggers of the experiment; none if it says `false`."""
    if given is False:
        return False
    others = [] if given is None or given is True else list(given) if isinstance(given, Sequence) else [given]
    for logger in others:
        if isinstance(logger, InRunFolder):
            logger.keep_in(folder.path)
    return [CSVLogger(save_dir=str(folder.path), name=LOG), *others]


def _constructors_own(error: BaseException) -> BaseException:
    """The exception that a constructor raised, without those the parser wrapped around it."""
    while _raised_by_parser(error) and (inner := error.__cause__ or error.__context__):
        error = inner
    return error


def _raised_by_parser(error: BaseException) -> bool:
    frames = traceback.extract_tb(error.__traceback__)
    return bool(frames) and "jsonargparse" in Path(frames[-1].filename).parts


def config_text(cli: TrainingCLI) -> str:
    """The resolved experiment as YAML."""
    config: Namespace = cli.config
    return str(cli.parser.dump(config, skip_none=False))
