"""`sepcl data shard NAME --out DIR`: a data set as tar shards that training reads where they lie."""

from __future__ import annotations

from pathlib import Path

from lightning_sepcl.cli.data_modules import built, class_named
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.data.byte_progress import readable_bytes
from lightning_sepcl.data.datamodule import missing
from lightning_sepcl.data.shard_format import ShardIndex
from lightning_sepcl.data.shard_verify import verify_shards
from lightning_sepcl.data.shard_writer import ShardJob, write_shards
from lightning_sepcl.errors import UserError


def run(args: list[str]) -> int:
    """Write shards, or compare written ones with their checksums; further options are those of the data module.

    Raises:
        UserError: no folder named, the data set cannot be written, or a shard differs.
    """
    parser = VerbParser(
        "sepcl data shard",
        "Write a data set as tar shards in webdataset's layout; goes on where it was broken off. Further options are "
        "those of the data module, such as --root DIR or --sample_rate 16000. Train with --data.shards DIR.",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="data module, such as AudioSet")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the shards and their index")
    parser.add_argument("--format", choices=("flac", "wav"), default="flac",
                        help="of the audio files: half the size, or no decoding (default: flac)")  # fmt: skip
    parser.add_argument("--clips_per_shard", type=int, default=1000, metavar="N", help="(default: 1000)")
    parser.add_argument("--verify", metavar="DIR", help="compare written shards, in a folder or at a URL, with "
                        "their checksums")  # fmt: skip
    given, rest = parser.parse_known_args(args)
    if given.verify is not None:
        if given.name or given.out or rest:
            raise UserError("sepcl data shard: --verify DIR takes nothing else")
        index = verify_shards(given.verify)
        print(f"{given.verify}: {_told(index)}; all as they were written")
        return 0
    if given.name is None or given.out is None:
        raise UserError("sepcl data shard: say which data set and where to, NAME --out DIR, or --verify DIR")
    data = built(class_named(given.name), rest, "sepcl data shard")
    if data.shards:
        raise UserError("sepcl data shard: shards are written from the data set's own files, leave --shards out")
    manifest = data.manifest
    job = ShardJob(
        folder=given.out,
        corpus=data.corpus,
        manifest=manifest,
        settings=data.settings,
        kind=given.format,
        clips_per_shard=given.clips_per_shard,
        max_skipped=data.max_skipped,
        missing=missing(data.corpus.absent()),
    )
    index = write_shards(job)
    left_out = len(manifest) - sum(index.clips.values())
    print(f"{given.out}: {_told(index)}" + (f"; {left_out} unreadable clip(s) left out" if left_out else ""))
    return 0


def _told(index: ShardIndex) -> str:
    clips = ", ".join(f"{count} {split}" for split, count in index.clips.items())
    size = readable_bytes(sum(shard.bytes for shard in index.shards))
    return f"{len(index.shards)} shard(s) of {index.corpus}, {size}; clips: {clips}"
