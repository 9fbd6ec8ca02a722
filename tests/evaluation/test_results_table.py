from __future__ import annotations

import math

import pytest
from rich.console import Console

from lightning_sepcl.evaluation.results_table import print_results, results_table
from lightning_sepcl.records import Result

RESULTS = [
    Result("embedding", "qbe_map", 0.834, 0.296, 50, "ratio 1", 0),
    Result("embedding", "linear_accuracy", 0.5, 0.02, 328, "standardised, L2 penalty 0.1", 0),
    Result("log-mel mean+std", "qbe_map", 0.69, 0.296, 50, "ratio 1", 0),
    Result("log-mel mean+std", "linear_accuracy", 0.7, 0.02, 328, "standardised, L2 penalty 0.01", 0),
    Result("broken", "qbe_map", math.nan, 0.296, 50, "ratio 1", 0),
]


def test_rows_columns_chance_and_every_figure(capsys: pytest.CaptureFixture[str]) -> None:
    print_results(RESULTS)
    text = capsys.readouterr().out
    heads = [line for line in text.splitlines() if "chance" in line]
    assert len(heads) == 1
    assert heads[0].count("chance 0.296") == heads[0].count("chance 0.020") == 1  # two columns, not three
    for row in (("embedding", "0.834", "0.500"), ("log-mel mean+std", "0.690", "0.700"), ("broken", "nan", "-")):
        (line,) = [line for line in text.splitlines() if row[0] in line]
        assert [cell.strip() for cell in line.strip("│").split("│")] == list(row)


def test_the_best_of_each_column_is_bold() -> None:
    console = Console(force_terminal=True, width=120, color_system="standard", _environ={})
    with console.capture() as capture:
        console.print(results_table(RESULTS))
    text = capture.get()
    assert [figure for figure in ("0.834", "0.500", "0.690", "0.700", "nan") if f"\x1b[1m{figure}" in text] == [
        "0.834",
        "0.700",
    ]
