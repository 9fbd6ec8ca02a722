from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

import harness
import pytest
from harness import Options, Row, Timing, alternately, overhead, parsed, run, speedup, table


class FakeClock:
    """Moves on only when a contestant says so; the CPU works half of the time."""

    def __init__(self) -> None:
        self.wall, self.order = 0.0, []

    def __call__(self) -> tuple[float, float]:
        return self.wall, self.wall / 2

    def contestant(self, name, *seconds):
        turns = iter(seconds)

        def work():
            self.order.append(name)
            self.wall += next(turns)

        return work


def test_contestants_take_turns_and_change_their_order():
    clock = FakeClock()
    contestants = {name: clock.contestant(name, 1, 1, 1) for name in "ab"}
    alternately(contestants, 2, warmup=1, clock=clock)
    assert "".join(clock.order) == "abbaab"


def test_the_warm_up_is_not_counted():
    clock = FakeClock()
    found = alternately({"a": clock.contestant("a", 100, 100, 2, 4, 9)}, 3, warmup=2, clock=clock)["a"]
    assert found.wall == [2, 4, 9]
    assert found.cpu == [1, 2, 4.5]
    assert (found.median("wall"), found.median("cpu")) == (4, 2)
    assert found.mean("wall") == 5


def test_one_disturbed_turn_does_not_move_the_median():
    assert Timing(wall=[1, 1, 1, 50, 1]).median("wall") == 1


@pytest.mark.parametrize(("ours", "met"), [(110, True), (111, False), (90, True)])
def test_an_overhead_is_ours_over_the_peers(ours, met):
    row = overhead("step", ours, 100, "ms", 1.10)
    assert (row.ratio, row.met, row.sense) == (ours / 100, met, "at most")


@pytest.mark.parametrize(("ours", "met"), [(5, True), (5.1, False), (1, True)])
def test_a_speedup_of_times_is_the_peers_over_ours(ours, met):
    row = speedup("step", ours, 100, "ms", 20)
    assert (row.ratio, row.met, row.sense) == (100 / ours, met, "at least")


@pytest.mark.parametrize(("ours", "met"), [(2000, True), (1999, False)])
def test_a_speedup_of_rates_is_ours_over_the_peers(ours, met):
    row = speedup("clips", ours, 100, "clips/s", 20, rate=True)
    assert (row.ratio, row.met) == (ours / 100, met)


def test_a_row_without_a_goal_is_not_judged():
    for row in (overhead("a", 1, 2, "ms"), speedup("a", 1, 2, "ms"), Row("a", 1, "MB")):
        assert (row.goal, row.sense, row.met) == (None, None, None)


def test_nothing_measured_is_no_error():
    assert overhead("a", 1.0, 0.0, "ms", 2).met is False


def test_the_table_shows_figures_ratio_and_verdict():
    text = table([overhead("a step", 1234.5, 1000, "ms", 1.1), speedup("b", 0.01234, 1, "s", 20), Row("c", 0, "MB")])
    head, *lines = (line.split() for line in text.splitlines())
    assert head == ["what", "ours", "peer", "unit", "ratio", "goal", "verdict"]
    assert lines[0] == ["a", "step", "1234", "1000", "ms", "1.23", "≤", "1.1", "MISSED"]
    assert lines[1] == ["b", "0.0123", "1.00", "s", "81.04", "≥", "20", "met"]
    assert lines[2] == ["c", "0", "MB"]


def test_options_and_their_defaults(tmp_path):
    assert parsed("", []) == Options(False, None, 1, None)
    path = tmp_path / "x.json"
    assert parsed("", ["--quick", "--rounds", "4", "--threads", "2", "--json", str(path)]) == Options(True, 4, 2, path)


@pytest.mark.parametrize("words", [["--rounds", "0"], ["--threads", "-1"], ["--fast"]])
def test_what_cannot_be_is_refused(words, capsys):
    with pytest.raises(SystemExit):
        parsed("", words)
    assert words[0] in capsys.readouterr().err


def test_rounds_are_those_asked_for_else_the_benchmarks():
    assert Options(rounds=7).rounds_or(1, 2) == 7
    assert Options(quick=True).rounds_or(1, 2) == 1
    assert Options().rounds_or(1, 2) == 2


def test_several_threads_are_judged_by_wall_time():
    assert (Options().clock, Options(threads=2).clock) == ("cpu", "wall")
    assert (Options().milliseconds, Options(threads=2).milliseconds) == ("ms CPU", "ms wall")


def test_the_json_file_is_a_list_of_rows(tmp_path, capsys):
    path = tmp_path / "rows.json"
    rows = [overhead("a", 3.0, 2.0, "ms", 1.1), Row("b", 1.5, "MB")]
    assert run("Doc.", lambda options: rows if options.quick else [], ["--quick", "--json", str(path)]) == 0
    written = json.loads(path.read_text())
    assert written[0] == asdict(rows[0])
    assert list(written[0]) == ["name", "value", "unit", "peer", "ratio", "goal", "sense", "met"]
    assert (written[0]["ratio"], written[0]["goal"], written[0]["met"]) == (1.5, 1.1, False)
    assert [Row(**row) for row in written] == rows
    assert "MISSED" in capsys.readouterr().out


def test_a_process_with_other_threads_begins_anew(monkeypatch):
    calls = []
    monkeypatch.setattr(harness.os, "execv", lambda *args: calls.append(args))
    monkeypatch.setattr(sys, "orig_argv", ["python", "x.py", "--quick"])
    for name in harness.THREAD_VARIABLES:
        monkeypatch.setenv(name, "2")
    harness.restart_with_threads(2)
    assert calls == []
    harness.restart_with_threads(1)
    assert calls == [(sys.executable, [sys.executable, "x.py", "--quick"])]
    assert {os.environ[name] for name in harness.THREAD_VARIABLES} == {"1"}
