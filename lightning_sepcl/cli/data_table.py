"""`sepcl data table`: one page about all data sets that lie below `$SEPCL_DATA`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from lightning_sepcl.cli.data_modules import data_modules
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.data.corpus import FileCorpus
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.statistics import statistics
from lightning_sepcl.errors import UserError
from lightning_sepcl.report.data_table import DataRow, data_page
from lightning_sepcl.whole_file import whole_text

OWN_RECORDINGS = ("AudioFolder", "TarShards")
"""Read any folder, so that they would find themselves everywhere."""


def run(args: list[str]) -> int:
    """Read every data set that a data module finds; write the page, or print it.

    Raises:
        UserError: no folder of data sets, or none in it.
    """
    parser = VerbParser("sepcl data table", "A page of all data sets below $SEPCL_DATA, each read whole.")
    parser.add_argument("--out", type=Path, help="Markdown file to write (default: print it)")
    given = parser.parse_args(args)
    rows = list(rows_below(_packs()))
    if not rows:
        raise UserError("no data set was found below $SEPCL_DATA; sepcl data prepare NAME gets one")
    command = "sepcl data table" + (f" --out {given.out}" if given.out else "")
    page = data_page(rows, command)
    if given.out is None:
        print(page, end="")
        return 0
    whole_text(given.out, page)
    print(given.out)
    return 0


def rows_below(packs: Path) -> Iterator[DataRow]:
    """Every pair of a data module and a folder called like its data set, perhaps with something behind the name."""
    for name, cls in data_modules().items():
        if name in OWN_RECORDINGS:
            continue
        for folder in _folders(cls, packs):
            data = cls(root=str(folder))  # type: ignore[call-arg]  # `_folders` gives none to a module without a root
            try:
                manifest = data.manifest
                yield DataRow(folder.name, name, manifest.hash, statistics(data.corpus, manifest))
            except UserError as error:
                print(f"{name}: {folder.name} is left out: {error}", file=sys.stderr)


def _folders(cls: type[AudioDataModule], packs: Path) -> list[Path]:
    """Folders such as `ESC-50` and `ESC-50-wav44k` for a data set whose own is called `ESC-50`."""
    corpus = cls().corpus  # type: ignore[call-arg]  # every other data module has defaults for all arguments
    if not isinstance(corpus, FileCorpus):
        return []
    first = Path(corpus.folder).parts[0]
    return sorted(p for p in packs.glob(f"{first}*") if p.is_dir() and not p.name[len(first) :][:1].isalnum())


def _packs() -> Path:
    packs = os.environ.get("SEPCL_DATA")
    if not packs:
        raise UserError(
            "SEPCL_DATA is not set: name the folder that holds the data sets, SEPCL_DATA=DIR sepcl data table"
        )
    if not Path(packs).expanduser().is_dir():
        raise UserError(f"no folder {packs}, which SEPCL_DATA names")
    return Path(packs).expanduser()
