"""`sepcl paired TABLE --against ROW`: what each row gains over one, mixture by mixture, over the seeds."""

from __future__ import annotations

from pathlib import Path

from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.errors import UserError
from lightning_sepcl.evaluation.mixture_scores import FILE, MixtureScore, read_mixture_scores
from lightning_sepcl.evaluation.paired_differences import PairedDifference, paired_difference
from lightning_sepcl.ledger.document import Block, Code, Grid, Heading, Paragraph
from lightning_sepcl.ledger.finding import find_table
from lightning_sepcl.ledger.interval import Interval
from lightning_sepcl.ledger.markdown import markdown
from lightning_sepcl.ledger.plan import job_name
from lightning_sepcl.ledger.provenance import at_a_glance
from lightning_sepcl.ledger.run_record import RECORD_FILE, RunRecord, read_record
from lightning_sepcl.ledger.table import Column, Row, Table
from lightning_sepcl.ledger.table_file import read_table
from lightning_sepcl.whole_file import whole_text

RUNS, PAGES = Path("runs/tables"), Path("docs/results")
WHAT = "separator"
HEAD = ("row", "dB", "95 % over mixtures", "95 % over seeds", "mixtures better", "seeds", "published")


def run(args: list[str]) -> int:
    """Print the differences, and write them as a page."""
    parser = VerbParser(
        "sepcl paired",
        "What the rows of a table of separators gain over one row, mixture by mixture; from the runs' mixtures.csv.",
    )
    parser.add_argument("table", help="name of the table, such as conditioned/table1")
    parser.add_argument("--against", required=True, metavar="ROW", help="the row that differences are taken from")
    parser.add_argument("--scale", help="default: the table's own")
    parser.add_argument("--split", choices=("test", "val"), default="test", help="default: %(default)s")
    parser.add_argument("--runs", type=Path, default=RUNS, metavar="DIR", help="default: %(default)s")
    parser.add_argument("--out", type=Path, metavar="FILE", help="page; default: docs/results/TABLE-paired.md")
    given = parser.parse_args(args)
    table = read_table(find_table(given.table))
    if given.against not in table.rows:
        raise UserError(f"--against {given.against}: {table.path} has the rows {', '.join(table.rows)}")
    scale = table.scale if given.scale is None else given.scale
    folder = given.runs / table.name / scale
    compared: list[Block] = []
    for name in dict.fromkeys(column.run for column in table.columns.values()):
        compared += _section(table, name, given.against, folder, given.split)
    if not compared:
        raise UserError(
            f"no two rows of {given.table} were tested at scale {scale}: run `sepcl reproduce {given.table}`"
        )
    out = given.out or PAGES / f"{table.name}-paired.md"
    about: list[Block] = [
        Heading(f"{table.title}: paired differences", 1),
        _about(table, scale, given.split, given.against),
    ]
    command = f"sepcl paired {given.table} --against {given.against} --scale {scale} --split {given.split}"
    text = markdown([*about, *compared, *at_a_glance(table, _records(table, folder)), Code(command, "bash")])
    whole_text(out, text)
    print(f"{text}\nwritten to {out}")
    return 0


def _section(table: Table, run: str, against: str, folder: Path, split: str) -> list[Block]:
    """The rows of one run's columns; empty where nothing can be compared."""
    base = _scores(table.rows[against], run, folder, split)
    lines = []
    for row in table.rows.values():
        ours = _scores(row, run, folder, split)
        seeds = [seed for seed in ours if seed in base]
        if row.name == against or not seeds:
            continue
        found = paired_difference([ours[s] for s in seeds], [base[s] for s in seeds])
        lines.append(_line(row, found, _published(table, row, against, run, split)))
    return [Heading(run or "all rows"), Grid(HEAD, tuple(lines))] if lines else []


def _folders(row: Row, run: str, folder: Path) -> dict[int, Path]:
    """Of the runs that were tested, by seed."""
    if run not in row.runs:
        return {}
    prefix = job_name(row.runs[run].name, 0)[:-1]
    return {int(p.parent.name.removeprefix(prefix)): p.parent for p in sorted(folder.glob(f"{prefix}[0-9]*/{FILE}"))}


def _records(table: Table, folder: Path) -> dict[str, RunRecord]:
    """Of all runs that were tested."""
    every = [path for row in table.rows.values() for run in row.runs for path in _folders(row, run, folder).values()]
    return {path.name: read_record(path / RECORD_FILE) for path in every if (path / RECORD_FILE).exists()}


def _scores(row: Row, run: str, folder: Path, split: str) -> dict[int, list[MixtureScore]]:
    """By seed, of the seeds that were tested on the split."""
    found = {}
    for seed, path in _folders(row, run, folder).items():
        if scores := [s for s in read_mixture_scores(path / FILE) if (s.split, s.what) == (split, WHAT)]:
            found[seed] = scores
    return found


def _published(table: Table, row: Row, against: str, run: str, split: str) -> str:
    """The paper's difference, where the table has both figures."""

    def figure(name: str, column: Column) -> float | None:
        return table.rows[name].paper.get(column.name)

    wanted = "si_sdri" if split == "test" else f"{split}_si_sdri"
    for column in table.columns.values():
        if (column.run, column.metric) == (run, wanted):
            ours, base = figure(row.name, column), figure(against, column)
            return "" if ours is None or base is None else f"{ours - base:+.1f}"
    return ""


def _line(row: Row, found: PairedDifference, published: str) -> tuple[str, ...]:
    return (
        row.label,
        f"{found.over_mixtures.mean:+.2f}",
        _shown(found.over_mixtures),
        _shown(found.over_seeds),
        f"{100 * found.better:.0f} %",
        str(found.seeds),
        published,
    )


def _shown(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval.low:+.2f} … {interval.high:+.2f}"


def _about(table: Table, scale: str, split: str, against: str) -> Paragraph:
    return Paragraph(
        f"What each row gains over “{table.rows[against].label}” on the same mixtures ({split}), in dB of SI-SDR "
        "improvement: mixture by mixture, each a mean over the seeds. The first interval tells whether other mixtures "
        "would say the same of these runs, the second whether other seeds would say the same of these mixtures. "
        f"Scale: {scale}. {table.scales.get(scale, '')}".strip()
    )
