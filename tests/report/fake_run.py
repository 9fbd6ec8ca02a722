"""Writes run folders as the suite leaves them, from tones: a class is a pitch, a view a crop with noise."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

RATE = 16000
CLASSES = ("bell", "bird", "clap", "cricket", "drum", "rain", "siren", "water drops", "whistle", "wind")


def tone(key: str, seconds: float = 1.5) -> tuple[np.ndarray, int]:
    """The wave of a clip; its key is `<class>/<number>.wav`."""
    name, number = key.removesuffix(".wav").split("/")
    rng = np.random.default_rng(int(number))
    t = np.arange(round(seconds * RATE)) / RATE
    pitch = 200 * 1.45 ** CLASSES.index(name)
    envelope = 0.5 + 0.5 * np.sin(2 * np.pi * (2 + int(number) % 4) * t)
    wave = sum(np.sin(2 * np.pi * pitch * k * t) / k for k in (1, 2, 3)) * envelope + 0.05 * rng.standard_normal(len(t))
    return (0.3 * wave).astype(np.float32), RATE


def write_config(run: Path) -> None:
    run.mkdir(parents=True, exist_ok=True)
    text = "seed_everything: 0\nmodel:\n  class_path: SimCLR\n  init_args: {width: 32}\n"
    (run / "config.yaml").write_text(text + f"data:\n  sample_rate: {RATE}\n")


def write_log(run: Path, version: int, rows: list[dict[str, object]]) -> None:
    path = run / "log" / f"version_{version}" / "metrics.csv"
    path.parent.mkdir(parents=True)
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, names, restval="")
        writer.writeheader()
        writer.writerows(rows)


def training_rows(steps: range) -> list[dict[str, object]]:
    rng = np.random.default_rng(steps.start)
    rows: list[dict[str, object]] = []
    for step in steps:
        loss = 1.5 + 3 * np.exp(-step / 120) + 0.1 * rng.standard_normal()
        rows.append({"epoch": step // 50, "step": step, "train/loss": loss})
        rows.append({"step": step, "lr-AdamW": 1e-3 * min(1, step / 50) * 0.5 * (1 + np.cos(np.pi * step / 600))})
        if step % 50 == 49:
            rows.append({"step": step, "val/loss": loss + 0.2, "val/knn_accuracy": 0.8 * (1 - np.exp(-step / 150))})
    return rows


def write_results(run: Path) -> None:
    figures = {
        "embedding": (0.883, 0.742), "projection": (0.861, 0.701),
        "log-mel mean+std": (0.672, 0.413), "untrained embedding": (0.518, 0.305),
    }  # fmt: skip
    metrics = (
        ("linear_accuracy", 0.1, "logistic regression on frozen h"),
        ("qbe_map", 0.102, "every clip asks all others"),
    )
    results = [
        {"what": what, "metric": m, "value": values[i], "chance": chance, "n": 300, "protocol": protocol, "seed": 0}
        for what, values in figures.items()
        for i, (m, chance, protocol) in enumerate(metrics)
    ]
    (run / "results.json").write_text(json.dumps(results))


def write_embeddings(run: Path, clips_per_class: int = 30) -> None:
    rng = np.random.default_rng(0)
    label = np.repeat(np.arange(len(CLASSES)), clips_per_class)
    keys = [f"{CLASSES[c]}/{i}.wav" for i, c in enumerate(label)]
    centres = rng.standard_normal((len(CLASSES), 64))
    noise = rng.standard_normal((2, len(label), 64))
    np.savez(
        run / "embeddings.npz",
        keys=np.array(keys),
        target=np.eye(len(CLASSES), dtype=np.float32)[label],
        class_names=np.array(CLASSES),
        **{"h:embedding": centres[label] + 0.9 * noise[0], "h:log-mel mean+std": centres[label] + 2.5 * noise[1]},
    )


def write_views(run: Path) -> None:
    rng = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {"keys": np.array(["bell/1.wav", "siren/2.wav", "wind/3.wav"])}
    for i, key in enumerate(arrays["keys"]):
        wave = tone(str(key), 3.0)[0]
        arrays[f"wave_{i}"] = np.stack([wave[:RATE], wave[-RATE:]])
        arrays[f"features_{i}"] = rng.standard_normal((2, 64, 96)).astype(np.float32)
    np.savez(run / "views.npz", **arrays)


def write_run(run: Path) -> Path:
    """A complete run, resumed once."""
    write_config(run)
    write_log(run, 0, training_rows(range(300)))
    write_log(run, 1, training_rows(range(250, 600)))
    (run / "data.json").write_text(
        '{"name": "tones", "clips": {"train": 800, "test": 300}, "hours": 0.45, "skipped": []}'
    )
    write_results(run)
    write_embeddings(run)
    write_views(run)
    return run
