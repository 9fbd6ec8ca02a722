"""`sepcl paired`: what rows gain over one row, from the runs' files."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from lightning_sepcl.evaluation.mixture_scores import FILE, MixtureScore, write_mixture_scores
from lightning_sepcl.ledger.run_record import RECORD_FILE, RunRecord, write_record

TABLE = {
    "title": "Separators",
    "seeds": 3,
    "scale": "mini",
    "scales": {"mini": "small networks"},
    "columns": {
        "stft": {"heading": "STFT", "metric": "si_sdri", "run": "stft"},
        "learned": {"heading": "learned", "metric": "si_sdri", "run": "learned"},
    },
    "rows": {
        name: {"label": label, "runs": {b: {"experiment": "ours.yaml"} for b in ("stft", "learned")}, "paper": paper}
        for name, label, paper in (("b1", "plain", {"stft": 9.1}), ("e1", "told", {"stft": 9.5}))
    },
}


@pytest.fixture
def tested():
    """A table of two rows and two bases, and runs whose mixtures gained 1 dB, and 2 dB with one seed."""
    folder = Path("experiments/tables")
    folder.mkdir(parents=True)
    (folder / "ours.yaml").write_text("{}\n")
    (folder / "separators.yaml").write_text(yaml.safe_dump(TABLE, sort_keys=False))

    def add(name, values, split="test"):
        run = Path("runs/tables/separators/mini") / name
        run.mkdir(parents=True)
        write_mixture_scores(run / FILE, [MixtureScore(split, f"m{i}", "separator", v) for i, v in enumerate(values)])
        write_record(RunRecord(name, status="complete", commit="abc123", seed=int(name[-1])), run / RECORD_FILE)

    for seed, gain in ((0, 1.0), (1, 1.0), (2, 2.0)):
        add(f"b1.stft-s{seed}", [3.0, 5.0])
        add(f"e1.stft-s{seed}", [3.0 + gain, 5.0 + gain])
    add("b1.learned-s0", [3.0, 5.0])
    return add


def test_differences_are_printed_and_written(tested, sepcl):
    answer = sepcl("paired separators --against b1")
    assert answer.code == 0, answer.err
    page = Path("docs/results/separators-paired.md").read_text(encoding="utf-8")
    assert page.strip() in answer.out
    (line,) = [line for line in page.splitlines() if line.startswith("| told")]
    assert [cell.strip() for cell in line.strip("|").split("|")] == [
        "told",
        "+1.33",
        "+1.33 … +1.33",  # both mixtures gained the same
        "-0.10 … +2.77",  # 4.3027 * 0.5774 / 3 ** 0.5 on either side
        "100 %",
        "3",
        "+0.4",
    ]
    assert "## stft" in page
    assert "## learned" not in page  # one row of it was tested
    assert "`abc123`" in page
    assert "**seeds**: 0, 1, 2" in page
    assert "sepcl paired separators --against b1 --scale mini --split test" in page


def test_what_cannot_be_compared_is_told(tested, sepcl):
    for line, told in (
        ("separators --against b2", "has the rows b1, e1"),
        ("separators --against b1 --split val", "no two rows of separators were tested"),
        ("separators --against b1 --scale paper", "run `sepcl reproduce separators`"),
        ("separatrs --against b1", "separators"),
    ):
        answer = sepcl(f"paired {line}")
        assert answer.code == 2
        assert told in answer.err
        assert len(answer.err.splitlines()) == 1
    assert not Path("docs/results").exists()
