"""What a logger shows beside curves: the views before training, maps of the embeddings, and the results of a test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as pl
import torch
import yaml
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from pytorch_lightning.loggers import CSVLogger, Logger, TensorBoardLogger, WandbLogger

from lightning_sepcl.evaluation.callback import Evaluation
from lightning_sepcl.evaluation.collector import Collector
from lightning_sepcl.evaluation.loaders import all_loaders
from lightning_sepcl.evaluation.results_file import read_results
from lightning_sepcl.ledger.run_record import RECORD_FILE, read_record
from lightning_sepcl.methods.view_snapshot import FILE as VIEWS
from lightning_sepcl.records import Batch, Result
from lightning_sepcl.report.class_pictures import map_figure
from lightning_sepcl.report.drawing import CLASS_COLOURS, style
from lightning_sepcl.report.pictures import views_figure
from lightning_sepcl.report.run_folder import EmbeddedSet, read_views

COLUMNS = ("representation", "metric", "value", "chance", "n", "protocol")


class LoggedPictures(pl.Callback):
    """Shows pictures and tables in every logger of a run that can; loggers of numbers alone get the test's figures.

    A map of the validation clips is drawn after the 1st, 2nd, 4th, 8th ... validation and at the end, so that long
    runs do not drown in them. Stands behind the callbacks that judge and that keep the views.

    Args:
        text: gives the resolved experiment as YAML.
    """

    def __init__(self, text: Callable[[], str]) -> None:
        self.text = text
        self._clips = Collector()
        self._validations, self._shown = 0, 0

    def on_fit_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Show the experiment itself."""
        for logger in _others(trainer):
            if isinstance(logger, TensorBoardLogger):
                logger.experiment.add_text("experiment", f"```yaml\n{self.text()}```")
            elif isinstance(logger, WandbLogger):
                logger.log_hyperparams(yaml.safe_load(self.text()))

    def on_train_batch_start(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, batch: Batch, batch_idx: int
    ) -> None:
        """Show the views, once."""
        if trainer.global_step or not trainer.is_global_zero:
            return
        clips = read_views(Path(trainer.default_root_dir) / VIEWS)
        if clips:
            show_picture(_others(trainer), "views", views_figure(clips), 0)

    def on_validation_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin anew."""
        self._clips = Collector()

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep the monitored embeddings of the validation clips, which come last."""
        last = len(all_loaders(trainer.val_dataloaders)) - 1
        embeddings = any(isinstance(c, Evaluation) for c in getattr(trainer, "callbacks", []))
        if dataloader_idx == last and embeddings and trainer.is_global_zero:  # a separator gives waves
            name = monitored(trainer, list(outputs))
            self._clips.add(batch, {name: outputs[name]})

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Show the map, if it is its turn."""
        if trainer.sanity_checking:
            return
        self._validations += 1
        if self._validations & (self._validations - 1) == 0:  # a power of 2
            self._show_map(trainer)

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Show the last map."""
        if self._shown != self._validations:
            self._show_map(trainer)

    def on_test_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Show what the test wrote: figures, a table, a map of the test clips."""
        folder = Path(trainer.default_root_dir)
        if not trainer.is_global_zero or not (folder / "results.json").exists():
            return
        loggers, step = _others(trainer), _steps_of(folder)
        results = read_results(folder / "results.json")
        for logger in loggers:
            logger.log_metrics(figures_of(results), step)
            _show_table(logger, results, step)
        if (folder / "embeddings.npz").exists():
            self._show_test(loggers, folder / "embeddings.npz", trainer, step)

    def _show_map(self, trainer: pl.Trainer) -> None:
        self._shown = self._validations
        for name, clips in self._clips.sets().items():
            classes = _class_names(trainer, clips.target.shape[1])
            embedded = EmbeddedSet(clips.keys, clips.target.numpy(), classes, {name: clips.h.numpy()})
            show_map(_others(trainer), "validation map", embedded, trainer.global_step)

    def _show_test(self, loggers: Sequence[Logger], file: Path, trainer: pl.Trainer, step: int) -> None:
        with np.load(file) as arrays:
            known = [name.partition(":")[2] for name in arrays.files if name.startswith("h:")]
            name = monitored(trainer, known)
            target, h = arrays["target"], arrays[f"h:{name}"]
            keys, classes = tuple(map(str, arrays["keys"])), _class_names(trainer, target.shape[1])
        embedded = EmbeddedSet(keys, target, classes, {name: h})
        show_map(loggers, "test map", embedded, step)
        for logger in loggers:
            if isinstance(logger, TensorBoardLogger):
                labels = [", ".join(embedded.labels(i)) or "-" for i in range(len(keys))]
                logger.experiment.add_embedding(torch.from_numpy(h), labels, tag=name, global_step=step)


def show_picture(loggers: Sequence[Logger], name: str, figure: Figure, step: int) -> None:
    """A figure, in each of the loggers that shows images."""
    picture = pixels(figure)
    for logger in loggers:
        if isinstance(logger, TensorBoardLogger):
            logger.experiment.add_image(name, picture, step, dataformats="HWC")
        elif hasattr(logger, "log_image"):
            logger.log_image(key=name, images=[picture], step=step)


def show_map(loggers: Sequence[Logger], name: str, embedded: EmbeddedSet, step: int) -> None:
    """Clips in the plane of largest variance; the eight most frequent classes coloured."""
    frequent = np.argsort(-embedded.target.sum(0), kind="stable")[: len(CLASS_COLOURS)]
    shown = [embedded.class_names[c] for c in frequent if embedded.target[:, c].any()]
    if len(embedded.keys) > 1 and all(np.isfinite(h).all() for h in embedded.h.values()):
        show_picture(loggers, name, map_figure(embedded, list(embedded.h), shown, seed=0), step)


def pixels(figure: Figure) -> NDArray[np.uint8]:
    """A figure on white paper as (row, column, colour)."""
    with style():
        figure.set_facecolor("white")
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
    return np.array(canvas.buffer_rgba(), np.uint8)[..., :3]


def figures_of(results: Sequence[Result]) -> dict[str, float]:
    """Values by name, as in `test/embedding/knn_map`; protocols that share a metric are counted."""
    found: dict[str, float] = {}
    for result in results:
        name, number = f"test/{result.what}/{result.metric}", 2
        while name in found:
            name, number = f"test/{result.what}/{result.metric} ({number})", number + 1
        found[name] = result.value
    return found


def monitored(trainer: pl.Trainer, names: Sequence[str]) -> str:
    """The representation that the evaluation monitors, else the first."""
    wanted = [c.monitor for c in getattr(trainer, "callbacks", []) if isinstance(c, Evaluation)]
    return next((name for name in wanted if name in names), names[0])


def _show_table(logger: Logger, results: Sequence[Result], step: int) -> None:
    rows = [[r.what, r.metric, r.value, r.chance, r.n, r.protocol] for r in results]
    if isinstance(logger, TensorBoardLogger):
        lines = [COLUMNS, ("---",) * len(COLUMNS), *([_cell(value) for value in row] for row in rows)]
        logger.experiment.add_text("results", "\n".join(f"| {' | '.join(line)} |" for line in lines), step)
    elif hasattr(logger, "log_table"):
        logger.log_table(key="results", columns=list(COLUMNS), data=rows, step=step)


def _cell(value: Any) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _others(trainer: pl.Trainer) -> list[Logger]:
    """The loggers that can show more than a CSV file."""
    return [logger for logger in trainer.loggers if not isinstance(logger, CSVLogger)]


def _class_names(trainer: pl.Trainer, count: int) -> tuple[str, ...]:
    names = tuple(getattr(getattr(trainer, "datamodule", None), "class_names", ()))
    return names if len(names) == count else tuple(map(str, range(count)))


def _steps_of(folder: Path) -> int:
    """Steps the run was trained for, by its record; a test itself does not know."""
    path = folder / RECORD_FILE
    return (read_record(path).steps or 0) if path.exists() else 0
