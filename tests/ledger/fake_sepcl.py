"""Stands in for the command line in tests: writes what `sepcl fit`, `test` and `separate-dataset` leave in a folder.

Environment: FAKE_FAIL names a job that fails, FAKE_SLEEP seconds of every fit and command, FAKE_LOG a file with one
line per call.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path


def option(name):
    return next(
        (a.partition("=")[2] or sys.argv[i + 1] for i, a in enumerate(sys.argv) if a.split("=")[0] == name), None
    )


def work(run):
    if run.name.startswith(os.environ.get("FAKE_FAIL", "no job")):
        print("epoch 0")
        sys.exit(f"no audio under {Path.cwd()}/nowhere: point data.root at it")
    time.sleep(float(os.environ.get("FAKE_SLEEP", "0")))
    run.mkdir(parents=True, exist_ok=True)


def separate(out):
    work(out)
    assert Path(option("--checkpoint")).exists(), "the separator should be there first"
    (out / "separated.npy").write_text(os.environ.get("SEPCL_DATA", "nowhere"))


def fit(run):
    seed = int(option("--seed_everything"))
    work(run)
    if option("--separated"):
        assert Path(option("--separated"), "separated.npy").exists(), "separated clips should be there first"
    (run / "config.yaml").write_text(f"seed_everything: {seed}\nfold: {option('--data.test_fold')}\n")
    (run / "data.json").write_text(
        json.dumps({"name": "tones", "clips": {"train": 80, "test": 20}, "manifest": "ab12"})
    )


def test(run):
    seed = int(run.name.partition("-s")[2].partition("-")[0])
    fold = int((run.name.partition("test_fold")[2]) or 0)
    shared = {"metric": "accuracy", "chance": 0.1, "n": 20, "protocol": "nearest class mean", "seed": seed}
    figures = {"embedding": 0.8 + 0.01 * seed + 0.1 * fold, "untrained": 0.5 + 0.01 * seed + 0.002 * seed**2}
    (run / "results.json").write_text(json.dumps([{"what": w, "value": v} | shared for w, v in figures.items()]))


if __name__ == "__main__":
    folder = Path(option("--run") or option("--out"))
    with open(os.environ["FAKE_LOG"], "a") as log:
        log.write(f"{sys.argv[1]} {folder.name} {os.environ['SEPCL_THREADS']}\n")
    {"fit": fit, "test": test, "separate-dataset": separate}[sys.argv[1]](folder)
