"""What a data set's publishers put on the net: files, checksums, licence, and what lies where once all is unpacked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file on a server.

    Attributes:
        url: where it is.
        bytes: its exact size as published; None where nobody published it.
        checksum: `md5:...` or `sha256:...` as published; None where nobody published one. Then the SHA-256 is computed,
            told and written down, and nothing vouches for the first download.
        saved_as: what it is called on disk; empty takes the last part of the URL.
    """

    url: str
    bytes: int | None = None
    checksum: str | None = None
    saved_as: str = ""

    @property
    def name(self) -> str:
        """What it is called on disk.

        >>> RemoteFile("https://host/a/clips.zip?download=1").name
        'clips.zip'
        """
        return self.saved_as or PurePosixPath(unquote(urlsplit(self.url).path)).name


@dataclass(frozen=True, slots=True)
class Parcel:
    """Files that are downloaded and unpacked together.

    Attributes:
        files: one file, or all parts of a split ZIP archive in order, the `.zip` last.
        makes: files and folders it leaves in the data set's folder; nothing else of an archive is kept.
        inside: folder within the archive that holds them; empty where they are at its top.
        archive: whether it is to be unpacked; else its one file is kept as it is.
        unpacked_bytes: about what it takes on disk, to see beforehand whether there is room.
    """

    files: tuple[RemoteFile, ...]
    makes: tuple[str, ...]
    inside: str = ""
    archive: bool = True
    unpacked_bytes: int = 0

    @property
    def download_bytes(self) -> int:
        """About what is downloaded; where no size was published, as much as is unpacked."""
        known = [file.bytes for file in self.files if file.bytes is not None]
        return sum(known) if len(known) == len(self.files) else self.unpacked_bytes


@dataclass(frozen=True, slots=True)
class Publication:
    """A data set as its publishers offer it.

    Attributes:
        name: as its publishers call it.
        data_modules: the classes that read it.
        folder: its folder below the one that holds all data sets, as those classes look for it.
        licence: in a sentence, with what it forbids.
        citation: the paper to cite.
        page: where people read about it.
        parcels: what can be downloaded, small ones first.
        by_hand: what cannot, how to get it and where it belongs; empty where everything can.
    """

    name: str
    data_modules: tuple[str, ...]
    folder: str
    licence: str
    citation: str
    page: str
    parcels: tuple[Parcel, ...]
    by_hand: str = ""
