"""What a corpus holds, and whether it is whole."""

from __future__ import annotations

import hashlib
import json
import statistics
from collections.abc import Iterator
from pathlib import Path

from data_sim.corpus.rendering import ABOUT
from data_sim.corpus.shard import MANIFEST, SKIPPED, read_table
from lightning_sepcl.errors import UserError
from lightning_sepcl.progress import progress

FIGURES = (
    ("azimuth_deg", "azimuth (deg)"), ("elevation_deg", "elevation (deg)"), ("distance_m", "distance (m)"),
    ("rt60_asked_s", "RT60 asked (s)"), ("rt60_measured_s", "RT60 measured (s)"), ("drr_db", "DRR (dB)"),
    ("c50_db", "C50 (dB)"), ("seconds", "length (s)"),
)  # fmt: skip


def inspected(folder: Path, *, checksums: bool = False) -> tuple[str, list[str]]:
    """A page of text about a corpus, and a line for each of its files that is missing or damaged.

    Args:
        folder: of the corpus, complete or not.
        checksums: read every file and compare its SHA-256 with the manifest; else only look whether it is there.

    Raises:
        UserError: no corpus there.
    """
    if not (folder / ABOUT).is_file():
        raise UserError(f"no corpus in {folder}: there is no {ABOUT}")
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    rows, skipped = (rows_so_far(folder, name) for name in (MANIFEST, SKIPPED))
    done = len(rows) + len(skipped)
    lines = [f"{folder}: {about['scenes']} scenes, {len(about['classes'])} classes, engine "
             f"{about['configuration']['engine']}, seed {about['configuration']['seed']}"]  # fmt: skip
    if done < about["scenes"]:
        lines.append(f"incomplete: {about['scenes'] - done} scenes are missing, give the same command again to go on")
    if skipped:
        lines.append(f"{len(skipped)} scenes left out, their recordings cannot be read; {SKIPPED} tells why")
    if rows:
        lines += _statistics(rows)
    return "\n".join(lines), list(_damaged(folder, rows, checksums))


def rows_so_far(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of a table of the whole corpus, or of its shards as long as some are missing."""
    whole = folder / name
    tables = [whole] if whole.is_file() else sorted(folder.glob(f"shard-*/{name}"))
    return [row for table in tables for row in read_table(table)]


def _statistics(rows: list[dict[str, str]]) -> list[str]:
    hours = sum(float(row["seconds"]) for row in rows) / 3600
    redrawn = sum(int(row["redrawn"]) for row in rows)
    ratios = [float(row["rt60_measured_s"]) / float(row["rt60_asked_s"]) for row in rows]
    ratios = [ratio for ratio in ratios if ratio == ratio]
    share = 100 * redrawn / (len(rows) + redrawn)
    lines = [
        f"{len(rows)} files, {hours:.2f} hours; {redrawn} rooms redrawn ({share:.1f} %)",
        "",
        f"{'':<20}{'least':>10}{'median':>10}{'most':>10}",
    ]
    for column, title in FIGURES:
        values = sorted(float(row[column]) for row in rows if row[column] != "nan")
        if values:
            shown = (values[0], statistics.median(values), values[-1])
            lines.append(f"{title:<20}" + "".join(f"{value:>10.2f}" for value in shown))
    moving = sum(float(row.get(name) or 0) > 0 for row in rows for name in ("speed_m_s", "speed_2_m_s"))
    pairs = sum(bool(row.get("recording_2")) for row in rows)
    if moving or pairs:
        lines.append(f"\n{moving} sources move, {pairs} scenes have two")
    if ratios:
        lines.append(f"\nRT60 measured over asked: {statistics.median(ratios):.2f} (median), "
                     f"{min(ratios):.2f} to {max(ratios):.2f}")  # fmt: skip
    return lines


def _damaged(folder: Path, rows: list[dict[str, str]], checksums: bool) -> Iterator[str]:
    with progress("checking files", len(rows)) as tell:
        for row in rows:
            path = folder / row["file"]
            if not path.is_file():
                yield f"missing: {row['file']}"
            elif checksums and hashlib.sha256(path.read_bytes()).hexdigest() != row["sha256"]:
                yield f"damaged: {row['file']}"
            tell(1)
