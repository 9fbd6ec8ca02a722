"""Several processes with several workers each: every clip once an epoch, also if they are killed and carried on."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter

import pytest

from lightning_sepcl.data.sampler import Position
from tests.data.test_datamodule import Several
from tests.fakes.written_shards import noise_data, write

EPOCHS = 3
CLIPS, BATCH, WORLD = 80, 4, 2
BATCHES = 48 // BATCH // WORLD
"""Of one process in an epoch; 48 of the 80 clips are for training."""


def train(folder, rank, workers, done, out, die_at=None):
    """What rank `rank` sees from its `done`-th batch on, a line for every batch; killed when it has seen `die_at`."""
    data = noise_data(CLIPS, shards=folder, num_workers=workers, mixed_shards=3)
    data.trainer = Several(rank, use_distributed_sampler=False)
    loader = data.train_dataloader()
    with out.open("a") as file:
        while done < EPOCHS * BATCHES:
            loader.sampler.position = lambda done=done: Position(*divmod(done, BATCHES))
            for batch in loader:
                file.write(f"{done // BATCHES} {' '.join(batch.keys)} {batch.wave.sum().item()}\n")
                file.flush()
                done += 1
                if done == die_at:
                    os.kill(os.getpid(), signal.SIGKILL)


def lines(path):
    return path.read_text().splitlines() if path.exists() else []


def started(*args):
    process = multiprocessing.get_context("fork").Process(target=train, args=args)
    process.start()
    return process


@pytest.mark.parametrize("workers", [0, 2])
def test_each_clip_once_an_epoch_over_two_ranks_also_after_kills(tmp_path, workers):
    write(tmp_path / "s", noise_data(CLIPS))
    outs = [tmp_path / f"rank{rank}" for rank in range(WORLD)]
    for die_at in (2, BATCHES + 3, None):  # within the first epoch, within the second, not again
        ranks = [started(tmp_path / "s", rank, workers, len(lines(out)), out, die_at) for rank, out in enumerate(outs)]
        for process in ranks:
            process.join(60)
            assert process.exitcode == (-signal.SIGKILL if die_at else 0)
    seen = [lines(out) for out in outs]
    assert [len(own) for own in seen] == [EPOCHS * BATCHES] * WORLD
    training = {e.key for e in noise_data(CLIPS).manifest.entries if e.split == "train"}
    for epoch in range(EPOCHS):
        keys = Counter(key for own in seen for line in own if line[0] == str(epoch) for key in line.split()[1:-1])
        assert keys == dict.fromkeys(training, 1)
    for rank, own in enumerate(seen):
        train(tmp_path / "s", rank, 0, 0, whole := tmp_path / f"whole{rank}")
        assert own == lines(whole)
