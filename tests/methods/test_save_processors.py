"""States of a separator in training: each written once, after the optimiser step it is named for."""

import pytest
import pytorch_lightning as pl
import torch
from torch.utils.data import DataLoader

from lightning_sepcl.methods import MixITSeparation, SaveProcessors, save_processors
from lightning_sepcl.records import Batch
from lightning_sepcl.separation import STFTBasis, TDCNpp
from lightning_sepcl.separation.saved import load_separator


def batch(first):
    wave = torch.randn(2, 1, 1, 800, generator=torch.Generator().manual_seed(first)) * 0.1
    unknown = torch.zeros(2, 0), torch.zeros(2, dtype=torch.bool)
    return Batch(wave, torch.full((2,), 800), *unknown, torch.arange(first, first + 2), ("a", "b"))


@pytest.mark.parametrize("accumulated", [1, 4])
def test_every_state_is_written_once(accumulated, tmp_path, monkeypatch):
    written, keep = [], save_processors.save_any

    def save(path, separator):
        written.append((path.stem, trainer.global_step))
        keep(path, separator)

    monkeypatch.setattr(save_processors, "save_any", save)
    network = TDCNpp(2, STFTBasis(64, 16), bottleneck=4, hidden=6, repeats=1, blocks=2)
    trainer = pl.Trainer(
        accelerator="cpu", max_steps=3, accumulate_grad_batches=accumulated, default_root_dir=tmp_path, logger=False,
        enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False, limit_val_batches=0,
        callbacks=[SaveProcessors({"n": 0, "f": 1, "same": 1, "s1": 2})],
    )  # fmt: skip
    batches = [batch(2 * i) for i in range(3 * accumulated)]
    trainer.fit(MixITSeparation(network), *(DataLoader(some, batch_size=None) for some in (batches, batches[:1])))
    assert written == [("n", 0), ("f", 1), ("same", 1), ("s1", 2), ("last", 3)]
    states = {name: load_separator(tmp_path / f"processors/{name}.safetensors").state_dict() for name, _ in written}
    same = {name for name in states if all(torch.equal(states["f"][key], states[name][key]) for key in states["f"])}
    assert same == {"f", "same"}


def test_nonsense_is_refused():
    with pytest.raises(ValueError, match="'last' should be a plain name"):
        SaveProcessors({"last": 3})
    with pytest.raises(ValueError, match="'early' should be"):
        SaveProcessors({"early": -1})
