"""A killed run, carried on from its checkpoint, sees the same windows of the same clips and ends with the same bits."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import ModelCheckpoint

from lightning_sepcl.data.esc import ESC50
from tests.fakes.esc import write_esc

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore:.*treespec, LeafSpec:FutureWarning"),  # Lightning 2.6.6 beside torch 2.14
    pytest.mark.filterwarnings("ignore:Be aware that when using `ckpt_path`"),  # the resumed runs save nothing
]


class AtValidation(ModelCheckpoint):
    """Another class only because Lightning wants to tell the callbacks' states apart."""


class Listener(pl.LightningModule):
    """Fits a linear map to the waves, and notes what it saw."""

    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(800, 4)
        torch.nn.init.constant_(self.linear.weight, 0.01)
        torch.nn.init.zeros_(self.linear.bias)
        self.seen = []

    def training_step(self, batch, batch_idx):
        self.seen.append((tuple(batch.index.tolist()), zlib.crc32(batch.wave.numpy())))
        logits = self.linear(batch.wave[:, 0, 0] / 32768)
        return torch.nn.functional.cross_entropy(logits, batch.target)

    def validation_step(self, batch, batch_idx, dataloader_idx=0):
        return None

    def configure_optimizers(self):
        optimizer = torch.optim.AdamW(self.parameters(), lr=0.05)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=30)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def fit(root, folder, *, workers=0, ckpt=None, callbacks=(), length=None, **settings):
    """The model after training on 24 clips in batches of 5: four batches an epoch and a remainder of 4."""
    data = ESC50(str(root), batch_size=5, clip_seconds=0.05, num_workers=workers, seed=3)
    trainer = pl.Trainer(
        accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
        enable_checkpointing=bool(callbacks), callbacks=list(callbacks), default_root_dir=folder,
        num_sanity_val_steps=0, use_distributed_sampler=False, **(length or {"max_epochs": 3}), **settings,
    )  # fmt: skip
    model = Listener()
    trainer.fit(model, datamodule=data, ckpt_path=ckpt, weights_only=False)
    return model


def checkpoints(folder: Path) -> list[ModelCheckpoint]:
    """After every step, at every end of validation, and at every end of an epoch."""
    shared = {"save_top_k": -1, "filename": "{step:02d}"}
    return [
        ModelCheckpoint(folder / "step", every_n_train_steps=1, **shared),
        AtValidation(folder / "validation", every_n_epochs=1, save_on_train_epoch_end=False, **shared),
        ModelCheckpoint(folder / "epoch", every_n_epochs=1, save_on_train_epoch_end=True, **shared),
    ]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_esc(tmp_path_factory.mktemp("resume") / "ESC-50", clips_per_class_and_fold=2)


CASES = {
    "validation at the epoch's end": {},
    "validation inside the epoch": {"val_check_interval": 2},
    "validation in other rhythm than the epochs": {"val_check_interval": 3, "check_val_every_n_epoch": None},
    "fewer batches an epoch": {"limit_train_batches": 3},
    "gradients accumulated": {"accumulate_grad_batches": 2},
    "length in steps": {"length": {"max_steps": 10, "max_epochs": -1}},
    "no validation": {"limit_val_batches": 0},
}


@pytest.mark.parametrize("settings", CASES.values(), ids=CASES)
def test_every_checkpoint_leads_to_the_same_end(root, tmp_path, settings):
    whole = fit(root, tmp_path, callbacks=checkpoints(tmp_path), **settings)
    saved = sorted(tmp_path.glob("*/*.ckpt"))
    assert len({path.parent.name for path in saved}) >= 2
    for path in saved:
        model = fit(root, tmp_path, ckpt=path, **settings)
        assert model.seen == whole.seen[len(whole.seen) - len(model.seen) :], path
        assert torch.equal(model.linear.weight, whole.linear.weight), path


def test_workers_change_nothing(root, tmp_path):
    whole = fit(root, tmp_path, callbacks=checkpoints(tmp_path), val_check_interval=2)
    assert fit(root, tmp_path, workers=2, val_check_interval=2).seen == whole.seen
    for name in ("step/step=03", "step/step=04", "validation/step=06", "epoch/step=04"):
        path = tmp_path / f"{name}.ckpt"
        model = fit(root, tmp_path, ckpt=path, workers=2, val_check_interval=2)
        assert model.seen == whole.seen[len(whole.seen) - len(model.seen) :], path
        assert torch.equal(model.linear.weight, whole.linear.weight), path
