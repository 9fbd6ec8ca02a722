"""`sepcl init DIR`: a folder to start from, for those who installed the package without its repository."""

from __future__ import annotations

import shutil
from pathlib import Path

from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.errors import UserError
from lightning_sepcl.shipped import NAME, shipped_folder

STARTER = Path(__file__).parent / "starter"


def run(args: list[str]) -> int:
    """Write the folder and say what to do there; returns the exit status.

    Raises:
        UserError: the folder holds something already.
    """
    parser = VerbParser(
        "sepcl init",
        "Write a folder to start from: all experiments, one of your own with a plugin of your own, a page of commands.",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="a new folder, or an empty one")
    folder: Path = parser.parse_args(args).folder
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise UserError(f"{folder} is not an empty folder: name a new one, as in sepcl init my_sounds")
    unwanted = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(STARTER, folder, dirs_exist_ok=True, ignore=unwanted)
    shutil.copytree(shipped_folder(), folder / NAME, ignore=unwanted)
    print(f"{folder}: read README.md there; cd {folder} && sepcl fit --config my_experiment.yaml trains something")
    return 0
