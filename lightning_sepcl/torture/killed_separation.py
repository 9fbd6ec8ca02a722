"""Kills while the clips of a data set are taken apart."""

from __future__ import annotations

from pathlib import Path

import torch

from lightning_sepcl.cli.main import main
from lightning_sepcl.separation.saved import save_separator
from lightning_sepcl.separation.stft_basis import STFTBasis
from lightning_sepcl.separation.tdcnpp import TDCNpp
from lightning_sepcl.torture.child import Act
from lightning_sepcl.torture.killed import Killed
from lightning_sepcl.torture.site import Job, checksums
from lightning_sepcl.torture.sounds import write_sounds

SAMPLE_RATE = 8000
EXPERIMENT = """\
data:
  class_path: AudioFolder
  init_args: {{root: "{shared}/recordings", cache_dir: "{shared}/cache", sample_rate: 8000}}
model:
  class_path: SimCLR
  init_args:
    front:
      views: {{class_path: TemporalProximity, init_args: {{frames: 64}}}}
      features: {{class_path: LogMel, init_args: {{high_hz: 3800}}}}
    encoder: SmallCNN
evaluation: Evaluation
checkpoint: Checkpoints
trainer: {{accelerator: cpu}}
"""


class Separation(Job):
    """Sixty clips of two seconds by a small TDCN++."""

    name = "separation"

    def prepare(self, shared: Path) -> None:
        """Recordings, and a separator with random weights."""
        write_sounds(shared / "recordings", 60, 2.0, SAMPLE_RATE, formats=1)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            net = TDCNpp(2, STFTBasis(256, 64), bottleneck=32, hidden=64, repeats=2, blocks=4, sample_rate=SAMPLE_RATE)
        (shared / "data.yaml").write_text(EXPERIMENT.format(shared=shared))
        save_separator(shared / "separator.safetensors", net)

    def act(self, shared: Path, folder: Path) -> Act:
        """`sepcl separate-dataset`."""
        words = [
            "separate-dataset",
            "--config",
            f"{shared}/data.yaml",
            "--separator",
            f"{shared}/separator.safetensors",
        ]
        return main, [[*words, "--out", "channels"]]

    def products(self, folder: Path) -> dict[str, str]:
        """All files of the shard."""
        return checksums(folder / "channels")


class KilledSeparation(Killed):
    """Anywhere: while the separator is loaded, between clips, or while the shard is completed."""

    kind = "killed-separation"
    title = "SIGKILL while `sepcl separate-dataset` runs"
    share = 10
    job = Separation()
