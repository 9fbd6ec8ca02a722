"""Which checkpoints a run keeps."""

import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from lightning_sepcl.cli.checkpoints import Checkpoints

pytestmark = pytest.mark.filterwarnings("ignore:.*exists and is not empty.*")


class Counter(pl.LightningModule):
    """Logs a figure of validation that rises and falls."""

    figures = (0.1, 0.9, 0.5)

    def __init__(self, logs: bool = True) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.logs = logs

    def training_step(self, batch, batch_idx):
        return (self.weight - 1).square().sum()

    def validation_step(self, batch, batch_idx):
        if self.logs:
            self.log("val/qbe_map", self.figures[self.current_epoch])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.1)


def trained(tmp_path, checkpoints, logs=True):
    callbacks = checkpoints.callbacks()
    for callback in callbacks:
        callback.dirpath = str(tmp_path)
    trainer = pl.Trainer(
        max_epochs=3, accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
        callbacks=callbacks, num_sanity_val_steps=0,
    )  # fmt: skip
    loader = DataLoader(torch.zeros(5), batch_size=1)
    trainer.fit(Counter(logs), loader, DataLoader(torch.zeros(1)))
    return {f.stem: torch.load(f, weights_only=True)["global_step"] for f in tmp_path.glob("*.ckpt")}


def test_the_best_and_the_last_are_kept_and_nothing_else(tmp_path):
    assert trained(tmp_path, Checkpoints(every_n_steps=4)) == {"best": 10, "last": 15}


def test_the_smallest_can_be_the_best(tmp_path):
    assert trained(tmp_path, Checkpoints(mode="min")) == {"best": 5, "last": 15}


@pytest.mark.parametrize(("checkpoints", "logs"), [(Checkpoints(monitor=None), True), (Checkpoints(), False)])
def test_without_a_figure_only_the_last_is_kept(tmp_path, checkpoints, logs):
    assert trained(tmp_path, checkpoints, logs) == {"last": 15}


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="every_n_steps must be at least 1"):
        Checkpoints(every_n_steps=0)
