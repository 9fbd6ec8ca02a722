"""What a campaign says: a table for the terminal, and a page with where its figures come from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lightning_sepcl.ledger.document import Block, Code, Grid, Heading, Items, Paragraph
from lightning_sepcl.ledger.markdown import markdown
from lightning_sepcl.ledger.runner import duration
from lightning_sepcl.torture.catalogue import FAULTS
from lightning_sepcl.torture.fault import Outcome
from lightning_sepcl.whole_file import whole_text

HEAD = ("what goes wrong", "faults", "injected", "same bits", "refused", "read or left out", "broken", "time")
ABOUT = """\
Faults are injected into real jobs, small ones, drawn by a seed: which job, when, how often, which byte. SIGKILLs come
from another process at any moment of the time that the job takes undisturbed. A job that is started again must end with
the bits of an undisturbed run: files byte by byte, of checkpoints the weights, the optimiser and the counters."""
READING = """\
*injected*: kills or damages; a job may be killed up to three times before it may finish. *same bits*: faults after
which nothing was lost or changed. *refused*: those that ended a command with a sentence that says what is wrong; many
of them could be gone on with, and count in both columns. *broken*: faults after which a promise was not kept."""
DATA = """\
tones in noise in WAV, FLAC and Ogg (96 of 3 s at 44.1 kHz for the cache, 60 of 2 s at 8 kHz to be separated, 6 of 1 s
for 16 scenes in rooms), 40 synthetic scenes of 1.2 s for trainings of 18 steps; all written by the campaign"""


def table(outcomes: Sequence[Outcome]) -> Grid:
    """A line per kind of fault, and their sum."""
    lines = [(fault.title, [o for o in outcomes if o.kind == fault.kind]) for fault in FAULTS]
    rows = [_row(title, own) for title, own in lines if own]
    return Grid(HEAD, (*rows, _row("**all**", outcomes)))


def _row(title: str, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
    kept = [outcome.kept for outcome in outcomes if outcome.kept]
    counts = [
        len(outcomes),
        sum(k.injected for k in kept),
        *(sum(getattr(k, name) for k in kept) for name in ("same_bits", "refused", "read")),
    ]
    broken = len(outcomes) - len(kept)
    time = duration(sum(outcome.seconds for outcome in outcomes))
    return title, *map(str, counts), f"**{broken}**" if broken else "0", time


def page(
    outcomes: Sequence[Outcome], seed: int, command: str, environment: Mapping[str, Any], date: str
) -> list[Block]:
    """The whole page."""
    lost = [outcome for outcome in outcomes if not outcome.kept]
    machine, dirty = environment["hardware"], " with uncommitted changes" if environment["dirty"] else ""
    facts = {
        "commit": f"`{environment['commit'][:12]}`{dirty}",
        "seed": str(seed),
        "data": " ".join(DATA.split()),
        "hardware": f"{machine['cpu']}, {machine['cores']} cores, {machine['threads']} thread(s), "
        f"{machine['memory_gib']:g} GiB",
        "versions": ", ".join(f"{name} {number}" for name, number in environment["versions"].items()),
        "date": date,
        "command": f"`{command}`",
    }
    promised = tuple(f"{fault.title}: {fault.promised}." for fault in FAULTS)
    verdict = f"{len(outcomes)} faults; {len(lost) or 'no'} promise{'s' * (len(lost) != 1)} broken, "
    verdict += f"{'see below' if lost else 'nothing lost'}."
    return [
        Heading("Torture", 1),
        Paragraph(" ".join(ABOUT.split())),
        Paragraph(f"**{verdict}**"),
        table(outcomes),
        Paragraph(" ".join(READING.split())),
        *_broken(lost, seed),
        Heading("What is promised"),
        Items(promised),
        Heading("Provenance"),
        Paragraph("This page is generated from the record of a campaign; an edit by hand is overwritten."),
        Items(tuple(f"**{name}**: {value}" for name, value in facts.items())),
    ]


def _broken(lost: Sequence[Outcome], seed: int) -> list[Block]:
    blocks: list[Block] = [Heading("Broken promises")] if lost else []
    for outcome in lost:
        blocks += [Paragraph(f"`{again(outcome, seed)}`"), Code(outcome.broken)]
    return blocks


def again(outcome: Outcome, seed: int) -> str:
    """The command that repeats a fault."""
    return f"sepcl torture --seed {seed} --only {outcome.kind}:{outcome.number}"


def write_page(
    path: Path, outcomes: Sequence[Outcome], seed: int, command: str, environment: Mapping[str, Any], date: str
) -> Path:
    """The page, and beside it, below `records/`, all outcomes as JSON; returns the latter's path."""
    record = path.parent / "records" / f"{path.stem}.json"
    plain = dict(environment) | {"hardware": asdict(environment["hardware"])}
    content = {"command": command, "seed": seed, "date": date, **plain, "outcomes": [asdict(o) for o in outcomes]}
    whole_text(record, json.dumps(content, indent=1) + "\n")
    whole_text(path, markdown(page(outcomes, seed, command, plain, date)))
    return record
