"""`sepcl data prepare NAME`: from nothing to a data set that training can begin with."""

from __future__ import annotations

import os
from pathlib import Path

from lightning_sepcl.cli.closest import listed
from lightning_sepcl.cli.data_check import print_check
from lightning_sepcl.cli.data_modules import class_named, data_modules, publication_of
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.data.byte_progress import readable_bytes
from lightning_sepcl.data.check import check, examples
from lightning_sepcl.data.corpus import FileCorpus
from lightning_sepcl.data.prepare import missing, place_of, prepare
from lightning_sepcl.data.publications import Publication
from lightning_sepcl.errors import UserError


def run(args: list[str]) -> int:
    """Say the licence, download, unpack, check.

    Raises:
        UserError: nothing to download by that name, no place for it, or training could not begin with what is there.
    """
    parser = VerbParser(
        "sepcl data prepare", "Download a data set, unpack and check it. Goes on where it was broken off."
    )
    parser.add_argument("name", metavar="NAME", help="data module, such as ESC50")
    parser.add_argument(
        "--root", help="folder that holds all data sets, or the one of this data set (default: $SEPCL_DATA)"
    )
    parser.add_argument("--keep", action="store_true", help="keep the archives, in .download of the data set's folder")
    given = parser.parse_args(args)
    cls = class_named(given.name)
    publication = publication_of(cls.__name__)
    if publication is None:
        names = [name for name in data_modules() if publication_of(name)]
        raise UserError(f"no download is known for {cls.__name__}; these can be prepared: {listed(names)}")
    folder = _folder(publication, given.root)
    _announce(publication, folder)
    prepare(publication, folder, keep=given.keep)
    data = cls(root=str(folder))  # type: ignore[call-arg]  # every data module of a publication has a root
    if publication.by_hand and isinstance(data.corpus, FileCorpus):
        print(f"{publication.by_hand}; see {publication.page}.\nExpected in {folder}: {data.corpus.layout}")
    return print_check(check(data.corpus), publication, as_json=False)


def _folder(publication: Publication, root: str | None) -> Path:
    packs = root or os.environ.get("SEPCL_DATA")
    if not packs:
        raise UserError("say where data sets shall lie: --root DIR, or SEPCL_DATA=DIR in the environment")
    return place_of(publication, Path(os.path.abspath(Path(packs).expanduser())))


def _announce(publication: Publication, folder: Path) -> None:
    todo = missing(publication, folder)
    print(f"{publication.name}, to {folder}")
    print(f"licence: {publication.licence}")
    print(f"cite: {publication.citation}")
    there = [make for parcel in publication.parcels if parcel not in todo for make in parcel.makes]
    if there:
        print(f"there already: {examples(there, most=6)}")
    download = sum(parcel.download_bytes for parcel in todo)
    unpacked = sum(parcel.unpacked_bytes for parcel in todo)
    if todo:
        files = sum(len(parcel.files) for parcel in todo)
        size = f", about {readable_bytes(download)}; unpacked {readable_bytes(unpacked)}" if unpacked else ""
        print(f"to download: {files} file(s){size}", flush=True)
