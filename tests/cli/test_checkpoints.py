"""Which checkpoints a run keeps."""

import resource

import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from lightning_sepcl.cli.checkpoints import Checkpoints, WholeCheckpoints, write_whole
from lightning_sepcl.errors import DISK_FULL, UserError

pytestmark = pytest.mark.filterwarnings("ignore:.*exists and is not empty", "ignore:.*dirpath has changed")


class Counter(pl.LightningModule):
    """Logs a figure of validation that rises and falls."""

    figures = (0.1, 0.9, 0.5, 0.4)

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


def trained(tmp_path, checkpoints, logs=True, epochs=3, go_on_from=None, method=Counter):
    callbacks = checkpoints.callbacks()
    for callback in callbacks:
        callback.dirpath = str(tmp_path)
    trainer = pl.Trainer(
        max_epochs=epochs, accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
        callbacks=callbacks, num_sanity_val_steps=0,
    )  # fmt: skip
    loader = DataLoader(torch.zeros(5), batch_size=1)
    write_whole(trainer)
    trainer.fit(method(logs), loader, DataLoader(torch.zeros(1)), ckpt_path=go_on_from, weights_only=True)
    return {f.stem: torch.load(f, weights_only=True)["global_step"] for f in tmp_path.glob("*.ckpt")}


def test_the_best_and_the_last_two_are_kept_and_nothing_else(tmp_path):
    assert trained(tmp_path, Checkpoints(every_n_steps=4)) == {"best": 10, "last": 15, "previous": 12}


def test_the_smallest_can_be_the_best(tmp_path):
    assert trained(tmp_path, Checkpoints(mode="min")) == {"best": 5, "last": 15}


@pytest.mark.parametrize(("logs", "options"), [(True, {"monitor": None}), (False, {})])
def test_without_a_figure_none_is_the_best(tmp_path, logs, options):
    assert trained(tmp_path, Checkpoints(every_n_steps=6, **options), logs) == {"last": 15, "previous": 12}


def test_a_figure_that_is_not_defined_is_no_best_one(tmp_path):
    class Undefined(Counter):
        figures = (float("nan"),) * 4

    assert trained(tmp_path, Checkpoints(every_n_steps=6), method=Undefined) == {"last": 15, "previous": 12}


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="every_n_steps must be at least 1"):
        Checkpoints(every_n_steps=0)


def test_a_damaged_file_does_not_take_the_place_of_the_good_one_before(tmp_path):
    assert trained(tmp_path, Checkpoints(every_n_steps=5), epochs=2) == {"best": 10, "last": 10, "previous": 5}
    good = (tmp_path / "previous.ckpt").read_bytes()
    (tmp_path / "last.ckpt").write_bytes(b"damaged")
    trained(tmp_path, Checkpoints(every_n_steps=5), epochs=2, go_on_from=tmp_path / "previous.ckpt")
    assert (tmp_path / "previous.ckpt").read_bytes() == good


def test_what_training_went_on_from_is_kept_as_the_one_before(tmp_path):
    trained(tmp_path, Checkpoints(every_n_steps=100), epochs=2)
    last = tmp_path / "last.ckpt"
    assert trained(tmp_path, Checkpoints(every_n_steps=100), go_on_from=last)["previous"] == 10


def test_a_full_disk_is_told_and_leaves_the_file_before(tmp_path):
    path = tmp_path / "last.ckpt"
    WholeCheckpoints().save_checkpoint({"weight": torch.zeros(4)}, path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
    try:
        with pytest.raises(OSError) as caught:  # noqa: PT011 - the number tells
            WholeCheckpoints().save_checkpoint({"weight": torch.zeros(40_000)}, path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert caught.value.errno in DISK_FULL
    assert torch.load(path, weights_only=True)["weight"].tolist() == [0.0] * 4
    assert [p.name for p in tmp_path.rglob("*.ckpt*")] == ["last.ckpt"]


def test_the_best_is_still_known_after_the_folder_was_moved(tmp_path):
    assert trained(tmp_path / "a", Checkpoints(every_n_steps=4), epochs=2)["best"] == 10
    (tmp_path / "a").rename(tmp_path / "b")
    last = tmp_path / "b" / "last.ckpt"
    assert trained(tmp_path / "b", Checkpoints(every_n_steps=4), go_on_from=last)["best"] == 10


def test_another_run_that_starts_from_a_checkpoint_has_a_best_of_its_own(tmp_path):
    trained(tmp_path / "a", Checkpoints(every_n_steps=4), epochs=2)
    last = tmp_path / "a" / "last.ckpt"
    assert trained(tmp_path / "b", Checkpoints(every_n_steps=4), go_on_from=last)["best"] == 15


def test_weights_that_are_no_numbers_are_not_kept(tmp_path):
    class Ruined(Counter):
        def on_train_batch_end(self, outputs, batch, batch_idx):
            if self.global_step == 7:
                self.weight.data.fill_(torch.nan)

    with pytest.raises(UserError, match=r"the weights weight became NaN or infinite by step 8, and are not kept"):
        trained(tmp_path, Checkpoints(every_n_steps=4), method=Ruined)
    assert torch.load(tmp_path / "last.ckpt", weights_only=True)["global_step"] == 4
