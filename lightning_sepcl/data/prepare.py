"""Puts a published data set onto the disk: downloads what is missing, unpacks it, writes down what came."""

from __future__ import annotations

import csv
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from lightning_sepcl.data.byte_progress import readable_bytes
from lightning_sepcl.data.download import Patience, download
from lightning_sepcl.data.publications import Parcel, Publication, RemoteFile
from lightning_sepcl.data.unpack import unpack
from lightning_sepcl.errors import UserError

WORKSHOP = ".download"
"""Hidden folder in the data set's folder: archives as they come, and what is being unpacked. Corpora do not see it."""
RECORD = "downloads.csv"
"""In the data set's folder: what was downloaded. Brought along from another machine, its sums are demanded here."""
COLUMNS = ("file", "bytes", "checksum", "published", "url", "date")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A line of the record.

    Attributes:
        file: name of what was downloaded.
        bytes: its size.
        checksum: its checksum.
        published: whether its publisher, and not only this machine, vouches for it.
        url: where it came from.
        date: when, UTC.
    """

    file: str
    bytes: int
    checksum: str
    published: bool
    url: str
    date: str


def place_of(publication: Publication, root: Path) -> Path:
    """The data set's own folder, where `root` is that folder or the one that holds all data sets.

    >>> from lightning_sepcl.data.publications import PUBLICATIONS
    >>> [str(place_of(PUBLICATIONS[1], Path(root))) for root in ("/data", "/data/SpeechCommands")]
    ['/data/SpeechCommands/speech_commands_v0.02', '/data/SpeechCommands/speech_commands_v0.02']
    """
    steps = Path(publication.folder).parts
    for taken in range(len(steps), 0, -1):
        if root.parts[-taken:] == steps[:taken]:
            return root.joinpath(*steps[taken:])
    return root.joinpath(*steps)


def missing(publication: Publication, folder: Path) -> list[Parcel]:
    """The parcels of which something does not lie in the data set's folder."""
    return [p for p in publication.parcels if not all((folder / make).exists() for make in p.makes)]


def prepare(
    publication: Publication,
    folder: Path,
    *,
    keep: bool = False,
    patience: Patience | None = None,
    tell: Callable[[str], None] = print,
) -> None:
    """Download and unpack what `folder` lacks; what lies there already stays untouched.

    Args:
        publication: what there is.
        folder: the data set's own folder.
        keep: keep the archives.
        patience: how long to try a server that does not answer.
        tell: is given one line per file.

    Raises:
        UserError: no room, no server, another file than was published, a damaged archive, or another process at it.
    """
    todo = missing(publication, folder)
    if not todo:
        return
    workshop = folder / WORKSHOP
    _make(workshop)
    try:
        _refuse_full_disk(folder, todo)
        with FileLock(workshop / "lock").acquire(timeout=0):
            for parcel in todo:
                _fetch(parcel, folder, patience, tell, keep)
    except Timeout:
        raise UserError(f"another process is preparing {folder}: wait until it has ended") from None
    except UserError:
        _remove_if_empty(workshop)
        raise
    if not keep:
        shutil.rmtree(workshop, ignore_errors=True)


def arrivals(folder: Path) -> list[Arrival]:
    """What the record of a data set's folder says.

    Raises:
        UserError: it is not such a record.
    """
    path = folder / RECORD
    if not path.is_file():
        return []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            return [_arrival(line) for line in csv.DictReader(file)]
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} should have the columns {', '.join(COLUMNS)}: mend or remove it") from error


def _fetch(parcel: Parcel, folder: Path, patience: Patience | None, tell: Callable[[str], None], keep: bool) -> None:
    workshop = folder / WORKSHOP
    paths = [workshop / file.name for file in parcel.files]
    for file, path in zip(parcel.files, paths, strict=True):
        _fetch_file(file, path, folder, patience, tell)
    if not parcel.archive:
        paths[0].replace(folder / parcel.makes[0])
        return
    unpack(paths, workshop / "unpacking", folder, parcel.makes, parcel.inside)
    if not keep:
        for path in paths:
            path.unlink()


def _fetch_file(
    file: RemoteFile, path: Path, folder: Path, patience: Patience | None, tell: Callable[[str], None]
) -> None:
    known = {arrival.file: arrival for arrival in arrivals(folder)}
    before = known.get(file.name)
    expected = file.checksum or (before.checksum if before and before.url == file.url else None)
    found = download(file.url, path, size=file.bytes, checksum=expected, patience=patience)
    size = path.stat().st_size
    why = "as published" if file.checksum else f"as in {RECORD}" if expected else "none is published to compare with"
    tell(f"  {file.name}: {readable_bytes(size)}, {found} ({why})")
    date = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    known[file.name] = Arrival(file.name, size, found, file.checksum is not None, file.url, date)
    _write(folder / RECORD, list(known.values()))


def _write(path: Path, lines: Sequence[Arrival]) -> None:
    part = path.with_name(f".{path.name}.part")
    with part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for x in lines:
            writer.writerow((x.file, x.bytes, x.checksum, "yes" if x.published else "no", x.url, x.date))
    part.replace(path)


def _arrival(line: dict[str, str]) -> Arrival:
    return Arrival(
        line["file"], int(line["bytes"]), line["checksum"], line["published"] == "yes", line["url"], line["date"]
    )


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make the folder {folder} ({error}): choose another --root") from error


def _remove_if_empty(workshop: Path) -> None:
    """After a failure that left nothing, no folder stays behind that looks like a data set."""
    if {path.name for path in workshop.iterdir()} <= {"lock"}:
        shutil.rmtree(workshop, ignore_errors=True)
        with suppress(OSError):
            workshop.parent.rmdir()


def _refuse_full_disk(folder: Path, todo: Sequence[Parcel]) -> None:
    """Archives are removed one by one, so the most is taken just before one of them goes."""
    needed = unpacked = 0
    for parcel in todo:
        here = sum(p.stat().st_size for file in parcel.files for p in (folder / WORKSHOP).glob(f"{file.name}*"))
        needed = max(needed, unpacked + max(0, parcel.download_bytes - here) + parcel.unpacked_bytes)
        unpacked += parcel.unpacked_bytes - here
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise UserError(
            f"{folder} needs about {readable_bytes(needed)}, {readable_bytes(free)} are free: make room or choose "
            "another --root"
        )
