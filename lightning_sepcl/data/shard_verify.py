"""Compares shards with the checksums of their index."""

from __future__ import annotations

from functools import partial

from lightning_sepcl.data.check import examples
from lightning_sepcl.data.reading_processes import in_processes, reading_processes
from lightning_sepcl.data.shard_format import Shard, ShardIndex, file_sha256
from lightning_sepcl.data.shard_place import ShardPlace, shard_place
from lightning_sepcl.errors import UserError
from lightning_sepcl.progress import progress


def verify_shards(where: str, workers: int | None = None) -> ShardIndex:
    """Read every file and compare; from a URL, shards are fetched first.

    Args:
        where: folder or URL.
        workers: processes; None is `$SEPCL_WORKERS`, else one per core.

    Returns:
        The index.

    Raises:
        UserError: a file is missing or differs; names the first few.
    """
    place = shard_place(where)
    index = place.index()
    for name, sha256 in index.lists.items():
        place.list_file(name, sha256)
    compare = partial(differs, place)
    workers = min(reading_processes(workers), len(index.shards))
    shards = index.shards
    with progress(f"comparing shards of {index.corpus}", len(shards)) as advance:
        bad = []
        found = map(compare, shards) if workers <= 1 else in_processes(compare, shards, workers, index.corpus)
        for shard, wrong in zip(shards, found, strict=True):
            bad += [shard.name] if wrong else []
            advance(1)
    if bad:
        raise UserError(
            f"{len(bad)} of {len(shards)} shards in {where} differ from their SHA-256: {examples(bad)}; delete them "
            "and run the same sepcl data shard command again, or copy them again"
        )
    return index


def differs(place: ShardPlace, shard: Shard) -> bool:
    """Whether a shard is not what was written."""
    return file_sha256(place.shard_file(shard)) != shard.sha256
