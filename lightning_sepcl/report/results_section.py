"""First part of the page: what the run reached, beside baselines and chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from lightning_sepcl.records import Result
from lightning_sepcl.report.drawing import svg
from lightning_sepcl.report.headline import Headline, bars_figure, headline, is_baseline
from lightning_sepcl.report.html import figure, folded, section, words_table

MAX_TILES = 4
DASH = "–"


def results_section(results: Sequence[Result]) -> str:
    """Tiles, table, bars and protocols; empty without results."""
    if not results:
        return ""
    table = headline(results)
    bars = bars_figure(table)
    picture = figure(svg(bars, "bars", "Results of each representation, chance dashed")) if bars else ""
    explanation = (
        "What was learned is marked and stands above the baselines that were not trained by this run; the best figure "
        "of a metric is bold; chance is what a representation reaches that knows nothing."
    )
    return tiles(table) + section("Results", explanation, figures(table), picture, _protocols(results))


def tiles(table: Headline) -> str:
    """The first metrics in large type: ours, the best baseline, chance."""
    found = [_tile(table, metric) for metric in table.metrics[:MAX_TILES]]
    return f'<div class="tiles">{"".join(found)}</div>' if any(found) else ""


def figures(table: Headline) -> str:
    """The table of figures."""
    head = "".join(f"<th>{escape(_plain(metric))}</th>" for metric in table.metrics)
    rows = [
        f"<tr class='{'baseline' if is_baseline(what) else 'ours'}'><td>{escape(what)}</td>"
        + "".join(_cell(table, what, metric) for metric in table.metrics)
        + "</tr>"
        for what in table.whats
    ]
    chance = "".join(f"<td>{number(table.chance.get(metric, math.nan))}</td>" for metric in table.metrics)
    rows.append(f'<tr class="chance"><td>chance</td>{chance}</tr>')
    return f'<div class="wide"><table><tr><th>representation</th>{head}</tr>{"".join(rows)}</table></div>'


def number(value: float) -> str:
    """Three decimals, or a dash for what is not defined.

    >>> number(0.5), number(math.nan)
    ('0.500', '–')
    """
    return DASH if math.isnan(value) else f"{value:.3f}"


def _tile(table: Headline, metric: str) -> str:
    ours, other = table.leader(metric, ours=True), table.leader(metric, ours=False)
    if ours is None:
        return ""
    beside = [f"{escape(other[0])} {number(other[1])}"] if other else []
    beside += [f"chance {number(table.chance[metric])}"] if metric in table.chance else []
    return (
        f'<div class="tile"><div class="name">{escape(_plain(metric))}</div><b>{number(ours[1])}</b>'
        f"<small>{escape(ours[0])}{'; ' if beside else ''}{', '.join(beside)}</small></div>"
    )


def _cell(table: Headline, what: str, metric: str) -> str:
    value = table.values.get((what, metric), math.nan)
    text = number(value)
    return f"<td><b>{text}</b></td>" if value == table.best(metric) else f"<td>{text}</td>"


def _protocols(results: Sequence[Result]) -> str:
    rows = dict.fromkeys((_plain(r.metric), r.protocol, str(r.n), str(r.seed)) for r in results)
    return folded("How each figure was computed", words_table(["metric", "protocol", "n", "seed"], list(rows)))


def _plain(metric: str) -> str:
    return metric.replace("_", " ")
