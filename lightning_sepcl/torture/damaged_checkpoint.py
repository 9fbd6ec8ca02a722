"""Checkpoints that are not what was written: cut short, a bit flipped, empty, or another file under their name."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import torch

from lightning_sepcl.checkpoint_file import content_of
from lightning_sepcl.torture.changed_files import changed
from lightning_sepcl.torture.fault import Fault, Kept, promise
from lightning_sepcl.torture.killed_training import LAST, PREVIOUS, Training
from lightning_sepcl.torture.site import differences

POISON = {"SEPCL_TORTURE_POISON": "gradient:11"}
"""Stops a training behind step 10, with the checkpoints of steps 10 and 8."""
DAMAGES = ("truncate", "truncate", "flip", "flip", "garble", "empty", "text", "tensors", "other")


class DamagedCheckpoint(Fault):
    """The last checkpoint of a training that stopped half-way; the one before is good."""

    kind = "damaged-checkpoint"
    title = "A damaged checkpoint: truncated, a bit flipped, empty, another file"
    promised = "refused with a sentence that names the good one before; continued from that, the same bits"
    share = 10

    def inject(self, dice: random.Random, folder: Path) -> Kept:
        """Damage it, then name it, then resume."""
        job = Training()
        reference = self.site.reference(job)
        shutil.copytree(self._half_way(), folder)
        damage = dice.choice(DAMAGES)
        self._damage(folder, damage, dice)
        words = job.words(self.site.shared(job))
        named = self.site.sepcl([*words, "--ckpt_path", str(LAST)], folder)
        if named.code != 0:  # a flipped bit may lie between the parts of the file, where it means nothing
            promise(
                named.refused and PREVIOUS.name in named.said.partition("error: ")[2],
                f"a checkpoint after a {damage} was not refused with the name of the one before: {named}",
            )
            resumed = self.site.sepcl([*words, "--resume"], folder)
            if resumed.refused and PREVIOUS.name in resumed.said:
                resumed = self.site.sepcl([*words, "--ckpt_path", str(PREVIOUS)], folder)
            promise(resumed.code == 0, f"continued from the checkpoint before after a {damage}: {resumed}")
        found = differences(job.products(folder), reference.products)
        promise(not found, f"after a {damage} of last.ckpt: {found}")
        return Kept(refused=named.code != 0, read=named.code == 0, same_bits=True)

    def _half_way(self) -> Path:
        """A training that was stopped, made once."""
        folder = self.site.folder / "undisturbed" / "half-way"
        if not (folder / "done").exists():
            shutil.rmtree(folder, ignore_errors=True)
            ended = self.site.finish(Training(), folder, POISON)
            steps = [(content_of(folder / path) or {}).get("global_step") for path in (LAST, PREVIOUS)]
            promise(steps == [10, 8], f"a training that was stopped behind step 10 left {steps}: {ended}")
            (folder / "done").touch()
        return folder

    def _damage(self, folder: Path, damage: str, dice: random.Random) -> None:
        file = folder / LAST
        if damage == "empty":
            file.write_bytes(b"")
        elif damage == "text":
            file.write_text("version https://git-lfs.github.com/spec/v1\n")
        elif damage == "tensors":
            torch.save({"weight": torch.zeros(3)}, file)
        elif damage == "other":
            content = content_of(file) or {}
            content["state_dict"] = {f"other.{name}": value for name, value in content["state_dict"].items()}
            torch.save(content, file)
        else:
            changed(file, damage, dice)
