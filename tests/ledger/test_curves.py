"""Learning curves from the files of the CSV logger."""

from __future__ import annotations

from lightning_sepcl.ledger.curves import read_curves
from tests.report import fake_run as fake


def test_resumed_logs_are_merged_by_step_and_the_later_one_counts(tmp_path):
    fake.write_log(tmp_path / "run", 2, [{"step": 10, "loss": 1.0}, {"step": 20, "loss": 2.0, "val": 0.1}])
    fake.write_log(tmp_path / "run", 10, [{"step": 30, "loss": 3.5}, {"step": 20, "loss": 2.5}])
    curves = read_curves(tmp_path / "run" / "log")
    assert curves == {"loss": {10: 1.0, 20: 2.5, 30: 3.5}, "val": {20: 0.1}}
    assert list(curves["loss"]) == [10, 20, 30]
