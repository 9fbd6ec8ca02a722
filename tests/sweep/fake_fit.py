"""Stands in for `sepcl fit` in tests of sweeps: a score that depends on the options, logged step by step.

Environment: FAKE_FAIL names a run that fails, FAKE_SLEEP seconds of every step, FAKE_LOG a file with a line per call.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

STEPS = 6


def option(name):
    return next(a.partition("=")[2] or sys.argv[i + 1] for i, a in enumerate(sys.argv) if a.split("=")[0] == name)


def logged(log):
    """Steps that earlier calls have logged."""
    return sum(len(path.read_text().splitlines()) - 1 for path in log.glob("version_*/metrics.csv"))


def fit(run, width, rate):
    if run.name == os.environ.get("FAKE_FAIL"):
        sys.exit(f"no audio under {Path.cwd()}/nowhere: point data.root at it")
    done = logged(run / "log")
    version = run / "log" / f"version_{len(list((run / 'log').glob('*')))}"
    version.mkdir(parents=True)
    with (version / "metrics.csv").open("w") as file:
        print("step,val/score,loss", file=file, flush=True)
        for step in range(done + 1, STEPS + 1):
            time.sleep(float(os.environ.get("FAKE_SLEEP", "0")))
            print(f"{10 * step},{width / 100 - abs(rate - 0.2) + step / 1000},{1 / step}", file=file, flush=True)
    data, machine = {"name": "tones", "clips": {"train": 80}}, {"cpu": "a processor", "cores": 2}
    record = {"schema": 1, "name": run.name, "status": "fitted", "commit": "abc123", "seed": 0, "data": data}
    (run / "record.json").write_text(json.dumps(record | {"seconds_fit": 1.5, "hardware": machine}))


if __name__ == "__main__":
    assert sys.argv[1] == "fit"
    folder = Path(option("--run"))
    with open(os.environ["FAKE_LOG"], "a") as calls:
        calls.write(f"{folder.name}\n")
    fit(folder, int(option("--model.width")), float(option("--model.rate")))
