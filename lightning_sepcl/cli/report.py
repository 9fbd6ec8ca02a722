"""`sepcl report RUN`: the page of a run, with sound from the run's own cache where no folder is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightning_sepcl.cli.training import build_experiment
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.errors import UserError
from lightning_sepcl.report.listening import Waves, files_below
from lightning_sepcl.report.write import write_report


def run(args: list[str]) -> int:
    """Write `report.html` into the folder of a run and print its path."""
    parser = VerbParser(
        "sepcl report", "Write report.html into the folder of a run: one file, nothing loaded from outside."
    )
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of the run")
    parser.add_argument(
        "--root", type=Path, nargs="+", default=[], help="folders of the audio, if the run's own cache is gone"
    )
    given = parser.parse_args(args)
    if not given.run.is_dir():
        raise UserError(f"no run {given.run}: name the folder that `sepcl fit` wrote to")
    print(write_report(given.run, files_below(given.root) if given.root else cached_waves(given.run)))
    return 0


def cached_waves(run_dir: Path) -> Waves | None:
    """From a clip's key to its wave as the run read it; None where the config or the data are not at hand."""
    config = run_dir / "config.yaml"
    if not config.exists():
        return None
    try:
        data = build_experiment(["--config", str(config), "--run", str(run_dir)]).datamodule
        assert isinstance(data, AudioDataModule)
        data.setup()
    except (UserError, OSError) as error:
        print(f"the page has no sound: {error}")
        return None

    def wave(key: str) -> tuple[NDArray[Any], int]:
        clip = data.cache.clip(data.cache.position[key])
        return np.asarray(clip[0, 0], dtype=np.float32) / 32768, data.sample_rate

    return wave
