"""`sepcl data stats NAME`: how long, how loud and of what kind the clips of a data set are, and how labels occur."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from lightning_sepcl.cli.data_modules import built, class_named
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.data.manifest import Manifest
from lightning_sepcl.data.statistics import SplitStatistics, Statistics, as_json, quantiles, statistics
from lightning_sepcl.errors import UserError
from lightning_sepcl.report.data_figure import save_data_figure

FORMATS = (".png", ".svg", ".pdf")
MOST_NAMED = 5
PLAIN_WIDTH = 120


def run(args: list[str]) -> int:
    """Decode every clip, print the figures and write the picture.

    Raises:
        UserError: no clip can be read, or the picture cannot be written.
    """
    parser = VerbParser(
        "sepcl data stats",
        "Lengths, levels, silence, kinds of files and labels of a data set, with a picture; further options are those "
        "of the data module, such as --root DIR or --subset all.",
    )
    parser.add_argument("name", metavar="NAME", help="data module, such as ESC50 or AudioFolder")
    parser.add_argument("--out", type=Path, help="picture (.png, .svg, .pdf) or folder for it (default: NAME.png)")
    parser.add_argument("--clips", type=int, help="measure so many clips, drawn at random (default: all)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    given, rest = parser.parse_known_args(args)
    cls = class_named(given.name)
    picture = _picture(given.out, cls.__name__)
    data = built(cls, rest, "sepcl data stats")
    found = statistics(data.corpus, _drawn(data.manifest, given.clips))
    if not found.splits:
        first = f"; {found.unreadable[0].path}: {found.unreadable[0].reason}" if found.unreadable else ""
        raise UserError(f"no clip of {found.name} can be read{first}; sepcl data check {cls.__name__} tells more")
    picture.parent.mkdir(parents=True, exist_ok=True)
    save_data_figure(found, picture, cls.__name__)
    if given.json:
        print(json.dumps(as_json(found) | {"picture": str(picture)}, indent=1, ensure_ascii=False))
    else:
        print_statistics(found, cls.__name__)
        print(picture)
    return 0


def print_statistics(found: Statistics, title: str) -> None:
    """Print the figures, a column per split, then kinds of files, labels and what could not be read."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console = Console(highlight=False, markup=False, width=PLAIN_WIDTH)
    console.print(_table(found, title))
    for line in (*_kind_lines(found), *_label_lines(found), *_unreadable_lines(found)):
        console.print(line, soft_wrap=True)


def _picture(out: Path | None, name: str) -> Path:
    if out is None:
        return Path(f"{name}.png")
    if out.suffix.lower() in FORMATS:
        return out
    if out.suffix and not out.is_dir():
        raise UserError(f"--out must be a folder or end in {', '.join(FORMATS)}, found {out}")
    return out / f"{name}.png"


def _drawn(manifest: Manifest, clips: int | None) -> Manifest:
    """The manifest, or some of its clips: always the same ones."""
    if clips is None or clips >= len(manifest):
        return manifest
    if clips < 1:
        raise UserError(f"--clips must be at least 1, found {clips}")
    rows = np.random.default_rng(0).permutation(len(manifest))[:clips]
    return replace(manifest, entries=tuple(manifest.entries[i] for i in sorted(rows.tolist())))


def _table(found: Statistics, title: str) -> Table:
    table = Table(title=title)
    table.add_column("")
    for split in found.splits:
        table.add_column(split.split, justify="right")
    rows: dict[str, Callable[[SplitStatistics], str]] = {
        "clips": lambda s: f"{s.clips:,}",
        "hours": lambda s: f"{s.hours:.3g}",
        "length (s): min, median, max": lambda s: _three(s.seconds, ("min", "median", "max"), "{:.2f}"),
        "level (RMS dB): 5 %, median, 95 %": lambda s: _three(s.rms_db, ("p5", "median", "p95"), "{:.1f}"),
        "frames below -80 dB": lambda s: f"{100 * sum(s.silence) / s.clips:.1f} %",
        "silent clips": lambda s: str(s.silent),
        "clips at full scale": lambda s: str(s.totals["full_scale"]),
        "clips without a label": lambda s: str(s.totals["unlabelled"]),
        f"labels that occur (of {len(found.vocabulary)})": lambda s: str(len(s.labels)),
        "unreadable clips": lambda s: str(s.totals["unreadable"]),
    }
    for name, cell in rows.items():
        table.add_row(name, *(cell(split) for split in found.splits))
    return table


def _three(values: Sequence[float], names: Sequence[str], form: str) -> str:
    found = quantiles(values)
    return "  ".join("-" if math.isnan(found[name]) else form.format(found[name]) for name in names)


def _kind_lines(found: Statistics) -> list[str]:
    kinds = [
        f"{count:,} of {rate} Hz, {channels} channel{'s' * (channels > 1)}, {kind}"
        for (rate, channels, kind), count in found.kinds.most_common(MOST_NAMED)
    ]
    rest = len(found.kinds) - len(kinds)
    return ["files: " + "; ".join(kinds) + (f" and {rest} more kinds" if rest else "")]


def _label_lines(found: Statistics) -> list[str]:
    heard = [(name, count) for name, count in found.labels.most_common() if count]
    if not heard:
        return ["labels: none"]
    most = "; ".join(f"{name} {count:,}" for name, count in heard[:MOST_NAMED])
    rarest = "; ".join(f"{name} {count:,}" for name, count in heard[-MOST_NAMED:])
    return [f"most frequent: {most}", f"rarest: {rarest}"]


def _unreadable_lines(found: Statistics) -> list[str]:
    lines = [f"cannot be read: {x.path}: {x.reason}" for x in found.unreadable[:MOST_NAMED]]
    rest = len(found.unreadable) - len(lines)
    absent = [f"absent and left out: {found.absent} listed clip(s)"] if found.absent else []
    return absent + lines + ([f"and {rest} more that cannot be read; --json lists all"] if rest else [])
