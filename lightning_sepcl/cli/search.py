"""`sepcl search QUERY --in embeddings.npz`: what sounds alike in a collection that `sepcl embed` embedded."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from lightning_sepcl.audio.reading import read_audio
from lightning_sepcl.cli.embed import at_least_one, device_named, file_hash
from lightning_sepcl.cli.trained import checkpoint_file, load_trained
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.errors import UserError
from lightning_sepcl.explore.embeddings import Embeddings, Origin
from lightning_sepcl.explore.search import By, Hit, Query, embed_query, search
from lightning_sepcl.report.search_page import Sound, write_search_page

LEAD_SECONDS = 1.0
"""Read ahead of a stretch and thrown away: MP3 decoders need a while after a jump until they are right again."""


def run(args: list[str]) -> int:
    """Print what is nearest to the example, and write a page to listen to it if one is asked for."""
    given = _parser().parse_args(args)
    if given.page is not None and not given.page.parent.is_dir():
        raise UserError(f"no folder {given.page.parent}: make it first")
    if not given.query.is_file():
        raise UserError(f"no file {given.query}: name a recording of what you look for")
    embeddings = Embeddings.read(given.embeddings)
    file = matching_checkpoint(given.checkpoint, embeddings.origin)
    method = load_trained(file, device_named("auto"))
    query = embed_query(method, given.query, embeddings.origin, given.start, given.end)
    hits = search(embeddings, query, given.top, _by(given))
    print("\n".join(_table(query, hits)))
    if given.page is not None:
        rate = embeddings.origin.sample_rate
        root = given.root or Path(embeddings.origin.root)
        sounds = [_sound(root / hit.path, hit.path, hit.start, hit.end, hit.score, rate) for hit in hits]
        asked = _sound(query.path, query.path.name, query.start, query.end, None, rate)
        write_search_page(
            given.page, asked, sounds, f"{len(embeddings.paths)} recordings in {Path(root).resolve().name}"
        )
        print(given.page)
    return 0


def _parser() -> VerbParser:
    parser = VerbParser("sepcl search", "Find what sounds like an example among recordings that sepcl embed embedded.")
    add = parser.add_argument
    add("query", type=Path, metavar="QUERY", help="a recording of what you look for")
    add("--in", dest="embeddings", type=Path, required=True, metavar="EMBEDDINGS", help="what sepcl embed wrote")
    add("--checkpoint", type=Path, help="where the checkpoint of the embeddings is now, if it was moved")
    add("--root", type=Path, help="where the recordings are now, if they were moved; only the page needs them")
    add("--top", type=at_least_one, default=10, metavar="N", help="how many to find (default: %(default)d)")
    add("--page", type=Path, metavar="FILE.html", help="write a page to listen to them")
    add("--start", type=float, default=0.0, metavar="S", help="seconds, where in QUERY the example begins")
    add("--end", type=float, metavar="S", help="seconds, where it ends")
    by = parser.add_mutually_exclusive_group()
    by.add_argument("--every-window", action="store_true", help="find windows, also several of one recording; "
                    "without, each recording is found once, by its best window")  # fmt: skip
    by.add_argument("--per-file", action="store_true", help="compare whole recordings, by the mean of their windows")
    return parser


def _by(given: Namespace) -> By:
    return "mean" if given.per_file else "every window" if given.every_window else "best window"


def matching_checkpoint(given: Path | None, origin: Origin) -> Path:
    """The checkpoint that made the embeddings, and no other.

    Raises:
        UserError: it is not where it was, or its bytes are others.
    """
    if given is None and not Path(origin.checkpoint).is_file():
        raise UserError(f"the checkpoint {origin.checkpoint} is gone: name it with --checkpoint if it was moved")
    file = checkpoint_file(given or Path(origin.checkpoint))
    if file_hash(file) != origin.checkpoint_hash:
        raise UserError(
            f"{file} is not the checkpoint that made these embeddings (its content differs): name that one with "
            "--checkpoint, or embed the recordings anew"
        )
    return file


def _table(query: Query, hits: Sequence[Hit]) -> list[str]:
    asked = f"like {query.path}, {query.start:g} to {_clock(query.end)} s"
    if query.windows > 1:
        asked += f" (mean of its {query.windows} windows; --start and --end choose a part)"
    if not hits:
        return [asked, "nothing else in the collection"]
    width = max(len(f"{_clock(hit.start)} - {_clock(hit.end)} s") for hit in hits)
    lines = [f"{i:>3}  {hit.score:6.3f}  {f'{_clock(hit.start)} - {_clock(hit.end)} s':>{width}}  {hit.path}"
             for i, hit in enumerate(hits, start=1)]  # fmt: skip
    return [asked, *lines]


def _clock(seconds: float) -> str:
    return f"{seconds:.1f}"


def _sound(path: Path, name: str, start: float, end: float, score: float | None, sample_rate: int) -> Sound:
    """What the method heard, at its own sample rate."""
    wave: NDArray[Any] | None = None
    lead = min(start, LEAD_SECONDS)
    with suppress(UserError):  # the page tells how many cannot be heard
        wave = read_audio(path, sample_rate, start=start - lead, duration=lead + end - start)[0]
        wave = wave[round(lead * sample_rate) :]
    return Sound(name, start, end, score, wave, sample_rate)
