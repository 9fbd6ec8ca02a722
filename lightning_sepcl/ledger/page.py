"""The page of a table, generated from the records of its runs: figures beside the paper's, verdicts, provenance."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

from lightning_sepcl.ledger.cells import Cell, records_of
from lightning_sepcl.ledger.comparison import Compared, best_mean, compared, mean_chance
from lightning_sepcl.ledger.document import Block, Code, Grid, Heading, Items, Paragraph, Picture
from lightning_sepcl.ledger.provenance import at_a_glance, provenance
from lightning_sepcl.ledger.run_record import RunRecord
from lightning_sepcl.ledger.scale import sentence_about
from lightning_sepcl.ledger.table import Column, Line, Table
from lightning_sepcl.ledger.verdict import Verdict, verdict

READING = (
    "Mean over seeds ± half of its 95 % interval (Student's t, from three seeds on), number of seeds in brackets; the "
    "best of our figures in a column is bold; blank: not run."
)
JUDGING = (
    "A claim is confirmed or contradicted when the 95 % t interval of the paired differences, seed by seed, lies "
    "wholly on one side of its margin (of |difference|: wholly inside or outside the bounds); with fewer than three "
    "seeds, or an interval that includes the margin, it is not decided. A claim of several tests is confirmed when all "
    "are, and contradicted when one is. Intervals are not widened for the number of tests."
)


def page(table: Table, records: Mapping[str, RunRecord], scale: str = "") -> list[Block]:
    """The whole page. The same records give the same page."""
    blocks = [
        Heading(table.title, 1),
        *([Paragraph(f"**Scale {scale}**: {sentence_about(table, scale)}.", aside=True)] if scale else []),
        Paragraph(table.about),
        *_results(table, records, scale),
        *at_a_glance(table, records),
        *_claims(table, records),
        *_failures(records),
        *_every_seed(table, records),
        *provenance(table, records, scale),
    ]
    return [block for block in blocks if not isinstance(block, Paragraph) or block.text]


def _results(table: Table, records: Mapping[str, RunRecord], scale: str) -> list[Block]:
    rows = [row for row in compared(table, records) if _belongs(row, table, scale)]
    columns = list(table.columns.values())
    printed = [any(not math.isnan(row[i].published) for row in rows) for i in range(len(columns))]
    best = [best_mean(rows, i) for i in range(len(columns))]
    shown = [(_label(row[0].line, table, records), *_figures(row, printed, best)) for row in rows]
    chance = [_number(mean_chance(rows, i), column.decimals) for i, column in enumerate(columns)]
    if any(chance):
        shown.append(("*chance*", *_beside(chance, ["" for _ in columns], printed)))
    headings = [column.heading for column in columns]
    head = ("", *_beside(headings, ["published"] * len(headings), printed))
    folds = f" A figure of a seed is the mean over {', '.join(_each(table))}." if _each(table) else ""
    notes = tuple(f"{row.label}: {row.note}" for row in table.rows.values() if row.note)
    beside = " beside the published ones" if any(printed) else ""
    drawn = (
        "our figures"
        if table.pairs or table.learning_curve or table.curves
        else f"our figures with their intervals{beside}"
    )
    picture = [Picture(f"{table.title}: {drawn}")]
    known = any(item.ours.by_seed or not math.isnan(item.published) for row in rows for item in row)
    return [
        Grid(head, tuple(shown)),
        Paragraph(READING + folds),
        *([Items(notes)] if notes else []),
        *(picture if known else []),
    ]


def _belongs(row: Sequence[Compared], table: Table, scale: str) -> bool:
    """Whether a line is shown: a row is left out that is not run at this scale and has no published figure."""
    runs = [run for name in row[0].line.rows for run in table.rows[name].runs.values()]
    known = any(item.ours.by_seed or not math.isnan(item.published) for item in row)
    return known or not runs or any(run.at(scale) for run in runs)


def _figures(row: Sequence[Compared], printed: Sequence[bool], best: Sequence[float]) -> list[str]:
    ours = [figure(item.ours, item.column, item.ours.mean == top) for item, top in zip(row, best, strict=True)]
    published = [_number(item.published, item.column.decimals) for item in row]
    return _beside(ours, published, printed)


def figure(found: Cell, column: Column, is_best: bool = False) -> str:
    """Mean and half of its interval, with the number of seeds; empty where nothing was run."""
    if not found.by_seed:
        return ""
    text = _number(found.mean, column.decimals)
    if found.interval:
        text += f" ± {_number(found.interval.high - found.mean, column.decimals)}"
    return f"{f'**{text}**' if is_best else text} ({len(found.by_seed)})"


def _beside(ours: Sequence[str], published: Sequence[str], printed: Sequence[bool]) -> list[str]:
    """Our texts, each followed by the published one where the paper has any in that column."""
    pairs = zip(ours, published, printed, strict=True)
    return [text for own, paper, has in pairs for text in ([own, paper] if has else [own])]


def _label(line: Line, table: Table, records: Mapping[str, RunRecord]) -> str:
    """The label; a row of which runs failed says so."""
    row = table.rows.get(line.name)
    runs = row.runs.values() if row else ()
    ended = Counter(record.status for run in runs for record in records_of(run.name, records).values())
    told = [
        f"{ended[status]} {word}" for status, word in (("failed", "failed"), ("blocked", "not run")) if ended[status]
    ]
    return f"{line.label} *({', '.join(told)}, see below)*" if told else line.label


def _claims(table: Table, records: Mapping[str, RunRecord]) -> list[Block]:
    rows: list[tuple[str, ...]] = []
    for claim in table.claims:
        found = verdict(claim, table, records)
        margin = f" by more than {claim.margin:g}" if claim.margin else ""
        over = " for each row" if claim.over else ""
        rows.append((claim.says, f"`{found.test}`{margin}{over}", *_judged(found)))
        rows += [("", f"`{part.test}`", *_judged(part)) for part in found.parts]
    grid = Grid(("claim", "test", "verdict", "statistic"), tuple(rows), words=True)
    return [Heading("Claims"), grid, Paragraph(JUDGING)] if rows else []


def _judged(found: Verdict) -> tuple[str, str]:
    return f"**{found.decision}**", found.statistic


def _failures(records: Mapping[str, RunRecord]) -> list[Block]:
    blocks: list[Block] = []
    for name, record in records.items():
        if record.status == "failed":
            blocks += [Paragraph(f"`{name}` ended with:"), Code(record.error)]
    blocked = tuple(f"`{name}`: {r.error}" for name, r in records.items() if r.status == "blocked")
    blocks += [Items(blocked)] if blocked else []
    return [Heading("Runs that failed"), *blocks] if blocks else []


def _every_seed(table: Table, records: Mapping[str, RunRecord]) -> list[Block]:
    rows: list[tuple[str, ...]] = []
    for row in compared(table, records):
        for seed in sorted({seed for item in row for seed in item.ours.by_seed}):
            own = [_number(item.ours.by_seed.get(seed, math.nan), item.column.decimals) for item in row]
            rows.append((row[0].line.label, str(seed), *own))
    head = ("", "seed", *[column.heading for column in table.columns.values()])
    return [Heading("Every seed"), Grid(head, tuple(rows)) if rows else Paragraph("Nothing was run yet.")]


def _number(value: float, decimals: int) -> str:
    return "" if math.isnan(value) else f"{value:.{decimals}f}"


def _each(table: Table) -> list[str]:
    return sorted({f"{k} = {', '.join(map(str, v))}" for run in table.runs() for k, v in run.each.items()})
