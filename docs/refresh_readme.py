"""Bring README.md up to date with a run of the demo: the table it prints, and a picture of its report.

    python docs/refresh_readme.py runs/demo

The picture needs Chromium on the PATH and is left alone without it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from screenshot import screenshot

ROOT = Path(__file__).resolve().parents[1]
README, PICTURE = ROOT / "README.md", ROOT / "docs/pictures/demo-report.png"
BEGIN, END = "<!-- demo-table -->\n", "<!-- /demo-table -->"
HEADINGS = {"qbe_map": "query by example (mAP)", "knn_map": "kNN (mAP)", "linear_map": "linear probe (mAP)"}
WIDTH, HEIGHT = 1200, 1960


def table(results: list[dict[str, object]]) -> str:
    """A Markdown table of a run's results, the best of each column bold."""
    value = {(r["what"], r["metric"]): float(str(r["value"])) for r in results}
    rows = list(dict.fromkeys(str(r["what"]) for r in results))
    best = {m: max(value[what, m] for what in rows) for m in HEADINGS}
    lines = ["| representation | " + " | ".join(HEADINGS.values()) + " |", "|---|" + "---:|" * len(HEADINGS)]
    for what in rows:
        cells = [f"{value[what, m]:.3f}" for m in HEADINGS]
        cells = [f"**{c}**" if value[what, m] == best[m] else c for c, m in zip(cells, HEADINGS, strict=True)]
        lines.append(f"| {what} | " + " | ".join(cells) + " |")
    chance = {m: next(float(str(r["chance"])) for r in results if r["metric"] == m) for m in HEADINGS}
    lines.append("| *chance* | " + " | ".join(f"*{chance[m]:.3f}*" for m in HEADINGS) + " |")
    return "\n".join(lines) + "\n"


def with_table(readme: str, results: list[dict[str, object]]) -> str:
    """The README with the table of `results` between its two marks."""
    head, _, rest = readme.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return head + BEGIN + table(results) + END + tail


if __name__ == "__main__":
    run = Path(sys.argv[1])
    found = json.loads((run / "results.json").read_text(encoding="utf-8"))
    README.write_text(with_table(README.read_text(encoding="utf-8"), found), encoding="utf-8")
    if not screenshot(run / "report.html", PICTURE, WIDTH, HEIGHT):
        print("no Chromium here: the picture stays as it is")
