"""Files that would run code when they are unpickled, under the names of checkpoints, separators and embeddings."""

from __future__ import annotations

import os
import pickle
import random
from pathlib import Path
from typing import Any

import numpy as np
import torch

from lightning_sepcl.torture.fault import Fault, Kept, promise
from lightning_sepcl.torture.killed_training import CHECKPOINTS, Training
from lightning_sepcl.torture.sounds import write_sounds

SPRUNG = "sprung"


class Trap:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        """What an unpickler that trusts the file calls."""
        return os.mkdir, (str(self.folder / SPRUNG),)


class UnsafePickle(Fault):
    """Every command that reads such a file, each kind of file that it might be given."""

    kind = "unsafe-pickle"
    title = "A file that would run code when it is unpickled"
    promised = "refused with a sentence; the code is not run"
    share = 6

    def inject(self, dice: random.Random, folder: Path) -> Kept:
        """One command, one kind of file."""
        trap = Trap(folder)
        checkpoint = folder / CHECKPOINTS / "last.ckpt"
        checkpoint.parent.mkdir(parents=True)
        write_sounds(folder / "recordings", 1, 0.5, 8000)
        job = Training()
        fit = job.words(self.site.shared(job))
        sounds, out = str(folder / "recordings"), ["--out", "out.npz"]
        words, file = dice.choice((
            ([*fit, "--ckpt_path", str(checkpoint)], checkpoint),
            ([*fit, "--resume"], checkpoint),
            (["test", *fit[1:]], checkpoint),
            (["embed", sounds, "--checkpoint", str(checkpoint), *out], checkpoint),
            (["separate", f"{sounds}/even/000.wav", "--separator", "net.safetensors", "--out", "out"],
             folder / "net.safetensors"),
            (["search", f"{sounds}/even/000.wav", "--in", "known.npz"], folder / "known.npz"),
        ))  # fmt: skip
        _write(file, trap, dice)
        ended = self.site.sepcl(words, folder)
        promise(not (folder / SPRUNG).exists(), f"`sepcl {words[0]}` ran the code in {file.name}: {ended}")
        promise(ended.refused, f"`sepcl {words[0]}` did not refuse {file.name}: {ended}")
        return Kept(refused=True)


def _write(file: Path, trap: Trap, dice: random.Random) -> None:
    kind = dice.choice(("torch", "old torch", "pickle"))
    if file.suffix == ".npz":
        np.savez(file, h=np.array([trap], dtype=object), paths=np.array([trap], dtype=object), allow_pickle=True)
    elif kind == "pickle":
        file.write_bytes(pickle.dumps({"state_dict": trap}))
    else:
        torch.save({"state_dict": trap}, file, _use_new_zipfile_serialization=kind == "torch")
