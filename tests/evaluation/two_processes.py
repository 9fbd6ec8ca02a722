"""One of two processes that judge together: python two_processes.py FOLDER RANK; results go to FOLDER/together/NAME."""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import pytorch_lightning as pl
import torch

from lightning_sepcl.data import LabelledMixtures, SimulatedRooms, SyntheticScenes
from lightning_sepcl.data.esc import ESCCorpus
from lightning_sepcl.encoders import CRNN, SmallCNN
from lightning_sepcl.evaluation import Evaluation
from lightning_sepcl.evaluation.baselines import LogMelStatistics
from lightning_sepcl.evaluation.event_localisation import EventLocalisationEvaluation
from lightning_sepcl.evaluation.predictions import Predictions
from lightning_sepcl.evaluation.separation_callback import SeparationEvaluation
from lightning_sepcl.evaluation.srp_phat import SRPPHAT
from lightning_sepcl.features import LogMel, LogMelGCC
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.methods import EventLocalisation, PITSeparation, SimCLR
from lightning_sepcl.separation import STFTBasis, TDCNpp
from lightning_sepcl.views import TemporalProximity
from tests.processes import QUIET, distributed, meet, part

SMALL = {"num_workers": 0, "eval_batch_size": 4, "batch_size": 2}


def embeddings(folder):
    """Clips of different lengths come in batches of 4: 3 batches of train, 2 of val, 3 of test."""
    data = SyntheticScenes(
        train=10, val=7, test=9, seconds=1.0, polyphony=[1, 2], cache_dir=str(folder / "cache"), **SMALL
    )
    front = FrontEnd(TemporalProximity(64), LogMel(bins=32), standardise=False)
    method = SimCLR(front, SmallCNN(dim=8, widths=[4, 8]), class_names=data.class_names, multi_label=data.multi_label)
    return data, method, Evaluation(baselines=[LogMelStatistics(LogMel())], multi_label=True, sample_rate=16000)


def separation(folder):
    singles = ESCCorpus(str(folder / "esc"))
    data = LabelledMixtures(singles, train=4, val=5, test=9, seconds=1.0, cache_dir=str(folder / "cache"), **SMALL)
    network = TDCNpp(2, STFTBasis(128, 64, True), bottleneck=8, hidden=12, repeats=1, blocks=2)
    return data, PITSeparation(network), SeparationEvaluation(validation_too=True, mask_window_samples=256)


def localisation(folder):
    data = SimulatedRooms(root=str(folder / "rooms"), recordings=None, cache_dir=str(folder / "cache"), **SMALL)
    feature = LogMelGCC(hop_seconds=0.02, n_fft=512, bins=32)
    front = FrontEnd(TemporalProximity(13, views=1), feature, standardise=False)
    encoder = CRNN(dim=8, widths=(4, 4), pooling=((4, 2), (4, 2)), bins=32)
    evaluation = EventLocalisationEvaluation(SRPPHAT(), sample_rate=data.sample_rate)
    return data, EventLocalisation(front, encoder, class_names=data.class_names), evaluation


EXPERIMENTS = {"embeddings": embeddings, "separation": separation, "localisation": localisation}


def judged(name, folder, out, **options):
    """Train for a step without learning, judging after it, then test; returns what was logged."""
    torch.manual_seed(0)
    data, method, evaluation = EXPERIMENTS[name](folder)
    method.optimizer = lambda p: torch.optim.SGD(p, lr=0.0)
    trainer = pl.Trainer(
        accelerator="cpu",
        max_steps=1,
        use_distributed_sampler=False,
        num_sanity_val_steps=0,
        **QUIET,
        val_check_interval=1,
        default_root_dir=out,
        callbacks=[evaluation, Predictions()],
        **options,
    )
    trainer.fit(method, datamodule=data)
    logged = {k: float(v) for k, v in trainer.callback_metrics.items() if k.startswith("val/")}
    torch.manual_seed(0)
    data, method, _ = EXPERIMENTS[name](folder)  # a step of training has moved the batch norms otherwise
    trainer.test(method, datamodule=data, verbose=False)
    if name == "embeddings":
        trainer.predict(method, datamodule=data, return_predictions=False)
    return logged


def main(folder, rank):
    warnings.filterwarnings("ignore")
    meet(folder, rank)
    for name in EXPERIMENTS:
        out = folder / "together" / name
        out.mkdir(parents=True, exist_ok=True)
        logged = judged(name, folder, out, **distributed(rank))
        torch.save(logged, out / f"logged{rank}.pt")
    part()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
