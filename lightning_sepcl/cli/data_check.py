"""`sepcl data check NAME`: what of a data set is there, what is missing, and whether training could begin."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lightning_sepcl.cli.data_modules import built, class_named, publication_of
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.data.check import Check, PartCheck, check, examples
from lightning_sepcl.data.publications import Publication
from lightning_sepcl.errors import UserError

MOST_DAMAGED = 20


def run(args: list[str]) -> int:
    """Print what was found; further options are those of the data module.

    Raises:
        UserError: training could not begin; says why.
    """
    parser = VerbParser(
        "sepcl data check",
        "What of a data set is there and what is missing; further options are those of the data module, such as "
        "--root DIR or --subset all. Exit status 0 if training could begin, else 2.",
    )
    parser.add_argument("name", metavar="NAME", help="data module, such as ESC50 or AudioFolder")
    parser.add_argument("--read", action="store_true", help="decode every file, too")
    parser.add_argument("--json", action="store_true", help="as JSON")
    given, rest = parser.parse_known_args(args)
    cls = class_named(given.name)
    data = built(cls, rest, "sepcl data check")
    publication = publication_of(cls.__name__)
    if not given.json:
        return print_check(check(data.corpus, read=given.read), publication, as_json=False)
    try:
        found = check(data.corpus, read=given.read)
    except UserError as error:
        print(json.dumps({"ready": False, "problem": str(error)}, indent=1, ensure_ascii=False))
        return 2
    return print_check(found, publication, as_json=True)


def print_check(found: Check, publication: Publication | None, *, as_json: bool) -> int:
    """Print a check; the exit status of JSON is in the status alone.

    Raises:
        UserError: training could not begin, unless as JSON.
    """
    if as_json:
        print(json.dumps(check_json(found, publication), indent=1, ensure_ascii=False))
        return 2 if found.problem else 0
    print("\n".join(_lines(found, publication)))
    if found.problem:
        raise UserError(found.problem)
    print("training could begin" + ("" if found.read else " (--read would decode every file first)"))
    return 0


def check_json(found: Check, publication: Publication | None) -> dict[str, Any]:
    """The check in types that JSON knows, with `ready` and `problem`."""
    there, absent = _published(found, publication)
    return asdict(found) | {
        "clips": found.clips,
        "published_there": there,
        "published_absent": absent,
        "ready": not found.problem,
        "problem": found.problem,
    }


def _lines(found: Check, publication: Publication | None) -> list[str]:
    place = f"{found.name} in {found.folder}" if found.folder else f"{found.name}: has no files of single clips"
    labelled = f"{found.labelled} of {found.clips} clips have a label" if found.labelled else "no clip has a label"
    lines = [place, *([f"layout: {found.layout}"] if found.layout else []), f"{found.classes} classes, {labelled}", ""]
    there, absent = _published(found, publication)
    if absent:
        lines.insert(2, f"published files: {len(there)} of {len(there) + len(absent)}, without {examples(absent)}")
    lines += [*_table(found.parts, found.read), ""]
    if found.left_out:
        lines.append(f"absent and left out: {len(found.left_out)} listed clip(s), {examples(found.left_out)}")
    if found.unlisted:
        lines.append(f"belong to no clip: {len(found.unlisted)} audio file(s), {examples(found.unlisted)}")
    lines += [f"note: {note}" for note in found.notes]
    lines += [f"cannot be read: {x.path}: {x.reason}" for x in found.damaged[:MOST_DAMAGED]]
    if len(found.damaged) > MOST_DAMAGED:
        lines.append(f"and {len(found.damaged) - MOST_DAMAGED} more that cannot be read; --json lists all")
    return lines


def _table(parts: tuple[PartCheck, ...], read: bool) -> list[str]:
    names = ["listed", "found", "absent", "empty", *(["unreadable"] if read else [])]
    rows = [["part", *names], *([part.split, *(str(getattr(part, n)) for n in names)] for part in parts)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows]


def _published(found: Check, publication: Publication | None) -> tuple[list[str], list[str]]:
    """Which of the files and folders that are published are there, and which are not."""
    if publication is None:
        return [], []
    makes = [make for parcel in publication.parcels for make in parcel.makes]
    folder = Path(found.folder)
    # A corpus may lie in one of the published folders, as FUSS does in `ssdata`.
    home = folder if any((folder / make).exists() for make in makes) else folder.parent
    there = [make for make in makes if (home / make).exists()]
    return there, [make for make in makes if make not in there]
