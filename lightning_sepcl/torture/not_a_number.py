"""Numbers that are none: in a gradient, in what a network hears, in a recording."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import soundfile as sf
import torch

from lightning_sepcl.checkpoint_file import content_of
from lightning_sepcl.torture.changed_files import read_cache
from lightning_sepcl.torture.fault import Fault, Kept, promise
from lightning_sepcl.torture.killed_training import CHECKPOINTS, LAST, STEPS, Training
from lightning_sepcl.torture.site import LIMIT_SECONDS, differences
from lightning_sepcl.torture.sounds import sound, write_sounds


class NotANumber(Fault):
    """In a drawn step of a training, or a drawn sample of a file."""

    kind = "not-a-number"
    title = "NaN in a gradient, in the input of a network, in a recording"
    promised = (
        "the run stops with the names of the clips, the checkpoints stay good, resumed it ends with the same bits"
    )
    share = 6

    def inject(self, dice: random.Random, folder: Path) -> Kept:
        """One of the three."""
        where = dice.choice(("gradient", "input", "recording"))
        return self._in_recording(dice, folder) if where == "recording" else self._in_training(where, dice, folder)

    def _in_training(self, where: str, dice: random.Random, folder: Path) -> Kept:
        job, step = Training(), dice.randrange(STEPS)
        reference = self.site.reference(job)
        ended = self.site.finish(job, folder, {"SEPCL_TORTURE_POISON": f"{where}:{step}"})
        named = re.search(rf"at step {step}, with the clips \w+", ended.said)
        promise(ended.refused and named is not None, f"NaN in the {where} of step {step}: {ended}")
        bad = [path.name for path in (folder / CHECKPOINTS).glob("*.ckpt") if not is_finite(path)]
        promise(not bad, f"NaN in the {where} of step {step} reached {', '.join(bad)}")
        promise(step < 2 or (folder / LAST).exists(), f"NaN in the {where} of step {step}: no checkpoint is left")
        ended = self.site.finish(job, folder)
        found = differences(job.products(folder), reference.products) if ended.code == 0 else str(ended)
        promise(not found, f"resumed after NaN in the {where} of step {step}: {found}")
        return Kept(refused=True, same_bits=True)

    def _in_recording(self, dice: random.Random, folder: Path) -> Kept:
        write_sounds(folder / "recordings", 4, 0.5, 8000)
        wave = sound(9, 4000, 8000)
        wave[dice.randrange(len(wave))] = dice.choice((np.nan, np.inf, -np.inf))
        sf.write(folder / "recordings" / "bad.wav", wave, 8000, subtype="FLOAT")
        act = (read_cache, [str(folder / "recordings"), str(folder / "cache")])
        ended = self.site.nursery.start(act, folder).ended(LIMIT_SECONDS)
        promise(ended.refused and "bad.wav" in ended.said, f"a recording with a sample that is no number: {ended}")
        return Kept(refused=True)


def is_finite(checkpoint: Path) -> bool:
    """Whether it can be read and all its weights are numbers."""
    state = (content_of(checkpoint) or {}).get("state_dict", {})
    return bool(state) and all(torch.isfinite(value.float()).all() for value in state.values())
