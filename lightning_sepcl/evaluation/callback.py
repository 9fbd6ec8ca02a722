"""Evaluation as part of a run: the whole comparison with `test`, a few figures after each epoch of `fit`."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.trainer.states import TrainerFn
from torch import Tensor

from lightning_sepcl.data.share import undealt
from lightning_sepcl.evaluation.baselines import Baseline
from lightning_sepcl.evaluation.collector import Collector, collected, recording
from lightning_sepcl.evaluation.embedded_set import EmbeddedSet
from lightning_sepcl.evaluation.knn import KNN
from lightning_sepcl.evaluation.linear_probe import LinearProbe
from lightning_sepcl.evaluation.loaders import all_loaders
from lightning_sepcl.evaluation.protocol import Protocol, judge_embeddings
from lightning_sepcl.evaluation.query_by_example import QueryByExample
from lightning_sepcl.evaluation.results_file import write_embeddings, write_results
from lightning_sepcl.evaluation.results_table import print_results
from lightning_sepcl.evaluation.run_evaluation import RunEvaluation
from lightning_sepcl.evaluation.untrained import UntrainedEncoder
from lightning_sepcl.records import Batch, Result

log = logging.getLogger(__name__)

BATCH_NORM_BATCHES = 20
"""Training batches that set the untrained encoder's batch norm, about one pass over a small corpus."""


class Evaluation(RunEvaluation):
    """Judges whatever a method's `test_step` and `validation_step` return: named embeddings, `dict[str, Tensor]`.

    With `test`: the test loaders are [train, val, test]. The method's embeddings, the baselines' and the untrained
    encoder's go through all protocols; one table is printed, and `results.json` and `embeddings.npz` (test clips) are
    written to the trainer's `default_root_dir`.

    During `fit`: the validation loaders are [train, val], or [val] alone for protocols that learn nothing. The
    representation `monitor` is judged on val and logged as `val/qbe_map`, `val/knn_accuracy`, ..., for a
    `ModelCheckpoint` to monitor. The sanity check is skipped. Global random state, training mode and gradients are
    left as they are.

    With several processes each embeds its share of the clips. The embeddings are gathered in the order of one process,
    a clip that came twice counts once, and the figures are those of one process; every process judges while fitting,
    and the first one alone judges and writes with `test`.

    Args:
        protocols: what is computed with `test`; null: query by example, kNN and linear probe.
        online_protocols: what is computed during `fit`; null: query by example and kNN.
        baselines: embedders that need no training, judged with `test`.
        untrained: also judge the method's `embed` at the weights it began with.
        online_every_n_epochs: epochs from one online evaluation to the next; 0 for none at all.
        monitor: name of the representation judged online.
        multi_label: whether a clip may have any number of classes: mAP instead of accuracy.
        seed: of every random choice of the protocols.
        sample_rate: of the clips, in Hz, for the baselines; null: each was told its own.
    """

    def __init__(
        self,
        protocols: list[Protocol] | None = None,
        online_protocols: list[Protocol] | None = None,
        baselines: list[Baseline] | None = None,
        untrained: bool = True,
        online_every_n_epochs: int = 1,
        monitor: str = "embedding",
        multi_label: bool = False,
        seed: int = 0,
        sample_rate: int | None = None,
    ) -> None:
        self.protocols = [QueryByExample(), KNN(), LinearProbe()] if protocols is None else protocols
        self.online_protocols = [QueryByExample(), KNN()] if online_protocols is None else online_protocols
        self.baselines, self.untrained = baselines or [], untrained
        self.online_every_n_epochs, self.monitor = online_every_n_epochs, monitor
        self.multi_label, self.seed = multi_label, seed
        if sample_rate is not None:
            for baseline in self.baselines:
                baseline.prepare(sample_rate)
        self._initial: tuple[int, dict[str, Tensor]] | None = None
        self._embedders: list[Baseline] = []
        self._clips: list[Collector] = []
        self._online, self._last_online = False, -(10**9)
        self._told: set[str] = set()

    def setup(self, trainer: pl.Trainer, pl_module: pl.LightningModule, stage: str) -> None:
        """Remember the initial weights: Lightning loads a checkpoint only after this hook."""
        seen = self._initial is not None and self._initial[0] == id(pl_module)
        if self.untrained and (stage == "fit" or (stage == "test" and not seen)):
            # parameters alone: buffers hold what was measured on the data, such as the features' statistics
            weights = {k: v.detach().cpu().clone() for k, v in pl_module.named_parameters()}
            self._initial = (id(pl_module), weights)

    def state_dict(self) -> dict[str, Any]:
        """When figures were last computed during `fit`, so that a resumed run goes on in its rhythm."""
        return {"last_online": self._last_online}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """What `state_dict` gave."""
        self._last_online = state["last_online"]

    # --- test -------------------------------------------------------------------------------------------------------

    def on_test_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Make ready the baselines on the method's device."""
        loaders = all_loaders(trainer.test_dataloaders)
        if len(loaders) != 3:
            raise ValueError(f"Evaluation needs the test loaders [train, val, test] in this order, got {len(loaders)}")
        self._clips = [Collector() for _ in loaders]
        self._embedders = list(self.baselines)
        if self._initial is not None:
            untrained = UntrainedEncoder(pl_module, self._initial[1]).to(pl_module.device)
            with torch.random.fork_rng(devices=[]):  # a loader draws a seed for its workers
                untrained.set_batch_norm(_some_batches(loaders[0], pl_module.device))
            self._embedders.append(untrained)
        for embedder in self._embedders:
            embedder.to(pl_module.device).eval()

    def on_test_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep the method's embeddings of the batch, and the baselines' of the same clips."""
        found = dict(_embeddings(outputs, "test_step"))
        wave = recording(batch)
        for embedder in self._embedders:
            found.update(embedder(wave, batch.length))
        self._clips[dataloader_idx].add(batch, found)

    def on_test_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Judge everything, print the table, write the files."""
        train, val, test = collected(self._clips)
        self._clips, self._embedders = [], []
        if not trainer.is_global_zero:
            return
        results = self._judge(train, val, test)
        folder = Path(trainer.default_root_dir)
        write_results(folder / "results.json", results)
        if test:
            write_embeddings(folder / "embeddings.npz", test, _class_names(trainer))
        if results:
            print_results(results)

    def _judge(
        self, train: dict[str, EmbeddedSet], val: dict[str, EmbeddedSet], test: dict[str, EmbeddedSet]
    ) -> list[Result]:
        if not any(bool(clips.labelled.any()) for clips in test.values()):
            log.warning("no results: none of the test clips has a label")
            return []
        results = []
        with torch.random.fork_rng(devices=[]):
            for what, clips in test.items():
                sets = train.get(what, clips.rows(torch.arange(0))), val.get(what), clips
                results += judge_embeddings(self.protocols, *sets, what, self.multi_label, self.seed)
        return results

    # --- fit --------------------------------------------------------------------------------------------------------

    def on_validation_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Decide whether this validation is evaluated."""
        every, since = self.online_every_n_epochs, trainer.current_epoch - self._last_online
        due = every == 1 or not 0 <= since < every or trainer.state.fn != TrainerFn.FITTING
        self._online = every > 0 and due and not trainer.sanity_checking
        self._clips = [Collector() for _ in all_loaders(trainer.val_dataloaders)]

    def on_validation_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Batch,
        batch_idx: int,
        dataloader_idx: int = 0,
    ) -> None:
        """Keep the monitored embedding of the batch."""
        if not self._online:
            return
        found = _embeddings(outputs, "validation_step")
        if self.monitor not in found:
            raise ValueError(
                f"Evaluation monitors {self.monitor!r}, but validation_step returned {sorted(found)}: set `monitor`"
            )
        self._clips[dataloader_idx].add(batch, {self.monitor: found[self.monitor]})

    def on_validation_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Judge and log as `val/<metric>`."""
        if not self._online:
            return
        self._last_online = trainer.current_epoch
        found, self._clips = collected(self._clips), []
        val = found[-1].get(self.monitor) if found else None
        if val is None or not bool(val.labelled.any()):
            self._tell_once(
                f"no figures while training: {'there is no' if val is None else 'no labelled'} validation clip"
            )
            return
        sets = [clips.get(self.monitor, val.rows(torch.arange(0))) for clips in found]
        with torch.random.fork_rng(devices=[]):
            results = self._judge_online(sets)
        for result in results:
            pl_module.log(f"val/{result.metric}", result.value, add_dataloader_idx=False, sync_dist=True)

    def _tell_once(self, what: str) -> None:
        if what not in self._told:
            log.warning(what)
        self._told.add(what)

    def _judge_online(self, sets: Sequence[EmbeddedSet]) -> list[Result]:
        train, val = sets[0], sets[-1]  # one loader alone standardises by itself
        able = [p for p in self.online_protocols if len(sets) > 1 or not p.needs_training_labels]
        return judge_embeddings(able, train, None, val, self.monitor, self.multi_label, self.seed)


def _embeddings(outputs: Any, step: str) -> dict[str, Tensor]:
    if not isinstance(outputs, dict) or not outputs:
        raise ValueError(f"Evaluation needs {step} to return named embeddings (dict[str, Tensor]), got {type(outputs)}")
    return outputs


def _some_batches(loader: Any, device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    """Waves and lengths of some twenty batches from all over the loader: files often lie sorted by class.

    Of several processes all take the same ones, those that one process alone would take.
    """
    loader = undealt(loader)
    stride = max(1, len(loader) // BATCH_NORM_BATCHES) if hasattr(loader, "__len__") else 1
    for i, batch in enumerate(loader):
        if i >= stride * BATCH_NORM_BATCHES:
            return
        if i % stride == 0:
            there = batch.to(device)
            yield recording(there), there.length


def _class_names(trainer: pl.Trainer) -> Sequence[str]:
    names: Sequence[str] = getattr(getattr(trainer, "datamodule", None), "class_names", ())
    return names
