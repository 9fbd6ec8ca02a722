"""One file over HTTP: goes on where it was after a break, and is there only when it is whole and its checksum is right.

While it comes, it lies beside its place as `NAME.part`, and `NAME.part.json` says of which state of the remote file it
is a part (ETag, date, length), so that parts of two different files are never joined.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import ssl
import sys
import time
import urllib.error
import urllib.request
from dataclasses import asdict, dataclass
from email.message import Message
from pathlib import Path
from typing import Any

from lightning_sepcl import __version__
from lightning_sepcl.data.byte_progress import byte_progress, readable_bytes
from lightning_sepcl.data.checksum import algorithm_of, checksum_of
from lightning_sepcl.errors import DISK_FULL, UserError

CHUNK = 1 << 20
PASSING = (408, 425, 429, 500, 502, 503, 504)
"""HTTP answers that are worth another attempt."""


class DownloadError(UserError):
    """The file cannot be had, or what came is not the file."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to try.

    Attributes:
        attempts: in a row that may pass without a new byte.
        first_wait: seconds before the second attempt; doubled before each further one.
        longest_wait: seconds at most, also where the server asks for more.
        timeout: seconds without a byte after which the connection counts as broken.
    """

    attempts: int = 6
    first_wait: float = 2.0
    longest_wait: float = 60.0
    timeout: float = 60.0


@dataclass(frozen=True, slots=True)
class _Remote:
    """Which state of a remote file the server speaks of; empty or None where it does not say."""

    url: str
    etag: str = ""
    modified: str = ""
    length: int | None = None

    @property
    def range_condition(self) -> str:
        """What `If-Range` takes: a strong ETag, else the date. Source: RFC 9110, section 13.1.5."""
        return self.etag if self.etag and not self.etag.startswith("W/") else self.modified

    def continues(self, earlier: _Remote) -> bool:
        """Whether this can be the file that `earlier` was, as far as both say."""
        pairs = (
            (self.url, earlier.url),
            (self.etag, earlier.etag),
            (self.modified, earlier.modified),
            (self.length, earlier.length),
        )
        return all(now == then for now, then in pairs if now and then)


class _Broken(Exception):
    """The attempt ended early; another one may do. `wait` is what the server asked for, in seconds."""

    def __init__(self, why: str, wait: float = 0.0) -> None:
        super().__init__(why)
        self.wait = wait


def download(
    url: str, target: Path, *, size: int | None = None, checksum: str | None = None, patience: Patience | None = None
) -> str:
    """Bring a file to `target`, unless it lies there already, and return its checksum.

    Args:
        url: `http://` or `https://`; redirects are followed.
        target: where it shall lie; its folder is made.
        size: bytes it must have; None takes any size.
        checksum: `md5:...` or `sha256:...` it must have; None takes any content.
        patience: how long to try.

    Returns:
        Its checksum, by the algorithm of `checksum`, else `sha256:...`.

    Raises:
        DownloadError: the server refuses, does not answer, or serves another file; or the disk is full.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        _Download(url, target, size, patience or Patience()).run()
        part = _part(target)
        found = _verified(part, url, size, checksum)
        os.replace(part, target)
        _state(target).unlink(missing_ok=True)
        return found
    return _verified(target, url, size, checksum)


class _Download:
    """The attempts at one file, up to a complete `.part`."""

    def __init__(self, url: str, target: Path, size: int | None, patience: Patience) -> None:
        self.url, self.target, self.size, self.patience = url, target, size, patience
        self.part, self.state = _part(target), _state(target)

    def run(self) -> None:
        failures, furthest, wait = 0, self.have(), self.patience.first_wait
        while True:
            try:
                return self.attempt()
            except _Broken as broken:
                # Only bytes that were never had before count as progress: a server that always starts over and
                # always breaks off would otherwise keep us for ever.
                if self.have() > furthest:
                    failures, furthest, wait = 0, self.have(), self.patience.first_wait
                failures += 1
                if failures >= self.patience.attempts:
                    kept = f"; {readable_bytes(self.have())} are kept, run it again to go on" if self.have() else ""
                    raise DownloadError(f"{self.url}: {broken} ({failures} attempts in a row){kept}") from broken
                pause = min(max(wait, broken.wait), self.patience.longest_wait)
                print(f"{self.target.name}: {broken}; next attempt in {pause:.0f} s", file=sys.stderr, flush=True)
                time.sleep(pause)
                wait *= 2

    def have(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def attempt(self) -> None:
        """One request; returns when the part is complete."""
        earlier, have = self.earlier(), self.have()
        if earlier is None:
            have = 0
        elif have and have == earlier.length:
            return
        request = urllib.request.Request(self.url, headers=_headers(have, earlier))
        try:
            with urllib.request.urlopen(request, timeout=self.patience.timeout) as answer:
                begin, remote = _place(answer.status, answer.headers, self.url)
                if begin not in (0, have) or (begin and earlier and not remote.continues(earlier)):
                    self.forget()
                    raise _Broken("the file changed on the server meanwhile")
                self.refuse_other_size(remote.length)
                self.write(answer, begin, remote)
        except urllib.error.HTTPError as error:
            self.answered(error, have)
        except urllib.error.URLError as error:
            if isinstance(error.reason, ssl.SSLCertVerificationError):
                raise DownloadError(f"{self.url}: the server's certificate is not valid ({error.reason})") from error
            raise _Broken(f"no connection ({error.reason})") from error
        except (TimeoutError, ConnectionError, http.client.HTTPException, ssl.SSLError) as error:
            raise _Broken(f"the connection broke ({error or type(error).__name__})") from error

    def earlier(self) -> _Remote | None:
        """Of which file the part is; None without a part, or with one that nobody knows about."""
        try:
            return _Remote(**json.loads(self.state.read_text(encoding="utf-8"))) if self.part.exists() else None
        except (OSError, ValueError, TypeError):
            return None

    def forget(self) -> None:
        self.part.unlink(missing_ok=True)
        self.state.unlink(missing_ok=True)

    def refuse_other_size(self, length: int | None) -> None:
        if self.size is not None and length is not None and length != self.size:
            self.forget()
            raise DownloadError(
                f"{self.url} has {length} bytes, but the published file has {self.size}: it is another file, "
                "nothing was kept"
            )

    def write(self, answer: Any, begin: int, remote: _Remote) -> None:
        self.refuse_full_disk(remote.length, begin)
        if begin == 0:
            self.part.write_bytes(b"")  # before the state: a part must never belong to another file's state
        self.state.write_text(json.dumps(asdict(remote)), encoding="utf-8")
        have = begin
        with (
            self.part.open("r+b") as file,
            byte_progress(f"downloading {self.target.name}", remote.length, begin) as advance,
        ):
            file.seek(begin)
            file.truncate()
            while chunk := answer.read1(CHUNK):  # what has come, so that a break loses nothing
                self.put(file, chunk)
                have += len(chunk)
                advance(len(chunk))
            os.fsync(file.fileno())
        if remote.length is not None and have < remote.length:
            raise _Broken(f"the server broke off after {have} of {remote.length} bytes")

    def put(self, file: Any, chunk: bytes) -> None:
        try:
            file.write(chunk)
            file.flush()
        except OSError as error:
            if error.errno in DISK_FULL:
                raise DownloadError(f"the disk of {self.target.parent} is full: make room and run it again") from error
            raise

    def refuse_full_disk(self, length: int | None, have: int) -> None:
        free = shutil.disk_usage(self.target.parent).free
        if length is not None and length - have > free:
            raise DownloadError(
                f"{self.target.name} needs {readable_bytes(length - have)} more in {self.target.parent}, "
                f"where {readable_bytes(free)} are free: make room or choose another --root"
            )

    def answered(self, error: urllib.error.HTTPError, have: int) -> None:
        """Not the file, but a word about it."""
        if error.code == 416 and have:  # our part is longer than the file is now
            self.forget()
            raise _Broken("the file changed on the server meanwhile") from error
        if error.code in PASSING:
            raise _Broken(f"the server answers {error.code} {error.reason}", _asked_to_wait(error)) from error
        raise DownloadError(f"{self.url}: the server answers {error.code} {error.reason}") from error


def _part(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _state(target: Path) -> Path:
    return target.with_name(target.name + ".part.json")


def _headers(have: int, earlier: _Remote | None) -> dict[str, str]:
    headers = {"User-Agent": f"lightning_sepcl/{__version__}", "Accept-Encoding": "identity"}
    if have and earlier:
        headers["Range"] = f"bytes={have}-"
        if earlier.range_condition:
            headers["If-Range"] = earlier.range_condition
    return headers


def _place(status: int, headers: Message, url: str) -> tuple[int, _Remote]:
    """First byte of what the server sends, and which file it is of."""
    begin, length = 0, headers.get("Content-Length")
    if status == 206:
        match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("Content-Range", ""))
        if match is None:
            raise _Broken("the server sent a part of the file without saying which")
        begin, length = int(match[1]), match[2]
    total = int(length) if length and length.isdecimal() else None
    return begin, _Remote(url, headers.get("ETag", ""), headers.get("Last-Modified", ""), total)


def _asked_to_wait(error: urllib.error.HTTPError) -> float:
    text = error.headers.get("Retry-After", "") if error.headers else ""
    return float(text) if text.isdecimal() else 0.0


def _verified(file: Path, url: str, size: int | None, checksum: str | None) -> str:
    """The checksum of a file that is what it should be; another file is removed and refused."""
    found_size = file.stat().st_size
    if size is not None and found_size != size:
        _remove(file)
        raise DownloadError(f"{url} gave {found_size} bytes, but the published file has {size}: it was removed")
    found = checksum_of(file, algorithm_of(checksum))
    if checksum is not None and found != checksum:
        _remove(file)
        raise DownloadError(f"{url} has the checksum {found}, but {checksum} was expected: the file was removed")
    return found


def _remove(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.with_name(file.name + ".json").unlink(missing_ok=True)
