"""Checksums of large files, written as `algorithm:digits`."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lightning_sepcl.data.byte_progress import byte_progress

ALGORITHMS = ("sha256", "md5")
"""MD5 guards against broken transfers only, but it is what Zenodo publishes."""
CHUNK = 1 << 22


def algorithm_of(checksum: str | None) -> str:
    """The algorithm of a checksum; SHA-256 for None.

    Raises:
        ValueError: an algorithm that is not among `ALGORITHMS`.

    >>> algorithm_of("md5:900150983cd24fb0d6963f7d28e17f72"), algorithm_of(None)
    ('md5', 'sha256')
    """
    algorithm = "sha256" if checksum is None else checksum.partition(":")[0]
    if algorithm not in ALGORITHMS:
        raise ValueError(f"checksum {checksum!r} should begin with {' or '.join(f'{a}:' for a in ALGORITHMS)}")
    return algorithm


def checksum_of(path: Path, algorithm: str = "sha256") -> str:
    """The checksum of a file, read in pieces."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as file, byte_progress(f"checking {path.name}", path.stat().st_size) as advance:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            advance(len(chunk))
    return f"{algorithm}:{digest.hexdigest()}"
