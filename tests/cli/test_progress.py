"""Lines of a run's progress where there is no terminal."""

import pytest
import pytorch_lightning as pl

from lightning_sepcl.cli import progress


@pytest.mark.parametrize("verb", ["test", "predict"])
def test_the_batches_of_all_loaders_are_counted(verb, capsys, monkeypatch):
    monkeypatch.setattr(progress, "PLAIN_SECONDS", -1.0)
    bar, trainer, module = progress.RunProgress(), pl.Trainer(logger=False, accelerator="cpu"), pl.LightningModule()
    monkeypatch.setattr(pl.Trainer, f"num_{verb}_batches", [2, 1])
    getattr(bar, f"on_{verb}_start")(trainer, module)
    for _ in range(3):
        getattr(bar, f"on_{verb}_batch_end")(trainer, module, None, None, 0)
    getattr(bar, f"on_{verb}_epoch_end")(trainer, module)
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(",")[0] for line in lines] == [f"embedding: {i} of 3" for i in (1, 2, 3)]
