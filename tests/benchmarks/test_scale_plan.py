"""The plan of a large run: its arithmetic by hand, and where its figures come from."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
import scale_plan
import stages
import torch
from harness import Row
from scale_plan import Assumed, Device

from lightning_sepcl.data.synthetic_scenes import SyntheticScenes

DEVICE = Device("toy", flops=1e12, bandwidth=1e10, source="a book")
ASSUMED = Assumed(
    devices=(DEVICE,), share_of_flops=0.5, share_of_bandwidth=1.0, price=2.0, steps=1000, clips_per_step=36, clips=7200
)


def rows():
    """Every stage of a step takes 1 ms by its work, but views, which take 4 ms by their traffic."""
    found = []
    for name in (*stages.STAGES, stages.SEPARATION):
        traffic = 40.0 if name == "views" else 1.0
        found += [Row(name, 100.0, stages.RATE), Row(name, 0.5, stages.WORK), Row(name, traffic, stages.TRAFFIC)]
    return found


def record(found=None):
    machine = {"cpu": "Some CPU", "cores": 2, "threads": 1, "memory_gib": 7.8, "gpu": "none"}
    environment = {"commit": "abc123", "dirty": False, "hardware": machine, "versions": {"torch": "2.14.1"}}
    about = {"environment": environment, "date": "2026-01-02", "threads": 1, "quick": False, "seed": 0}
    return about | {"rows": [asdict(row) for row in found or rows()]}


def test_the_longer_of_work_and_traffic_counts():
    figures = scale_plan.figures_of(rows())
    assert scale_plan.seconds_a_clip(figures["features"], DEVICE, ASSUMED) == (pytest.approx(1e-3), "work")
    assert scale_plan.seconds_a_clip(figures["views"], DEVICE, ASSUMED) == (pytest.approx(4e-3), "traffic")
    assert scale_plan.step_rate(figures, DEVICE, ASSUMED) == pytest.approx(1 / 8e-3)
    assert scale_plan.gpu_hours(figures, DEVICE, ASSUMED) == pytest.approx(1000 * 36 * 8e-3 / 3600)


def test_the_page_says_what_is_assumed_and_where_it_comes_from():
    text = scale_plan.page(record(), ASSUMED)
    for phrase in (
        "1 TFLOP/s in bf16, 0.01 TB/s (a book)",
        "| views | 4000 | traffic |",
        "125 clips/s a GPU, 0.0800 GPU hours, 0.160 $",
        "0.00200 GPU hours once for all clips",
        "commit abc123; 2026-01-02",
        "Some CPU",
        "seed 0",
        "out of the packed cache, 0.0400 GB/s from a disk that gives them, or memory to hold the 0.00230 TB of 7200",
        "clips: 1.25 processors at 100 clips/s each; 8 are enough",
    ):
        assert phrase in text, phrase


def test_each_reader_that_was_measured_is_judged():
    slow = [
        Row(stages.FLAC, 10.0, stages.RATE) if (r.name, r.unit) == (stages.FLAC, stages.RATE) else r for r in rows()
    ]
    text = scale_plan.page(record(slow), ASSUMED)
    assert "8 are enough\n- out of FLAC shards, which are decoded anew each time: 12.5 processors at 10.0" in text
    assert "8 are too few" in text
    earlier = [row for row in rows() if row.name != stages.FLAC]
    assert "FLAC" not in scale_plan.page(record(earlier), ASSUMED)


def test_shards_hold_the_clips_of_the_data_module(tmp_path):
    data = SyntheticScenes(
        train=stages.READ, val=1, test=1, seconds=0.05, batch_size=8, cache_dir=str(tmp_path / "cache")
    )
    again = stages.sharded(data, tmp_path / "shards")
    assert len(list((tmp_path / "shards").glob("train-*.tar"))) == stages.SHARDS
    for one, other in zip(data.train_dataloader(), again, strict=True):
        assert one.keys == other.keys
        assert torch.equal(one.wave, other.wave)


def test_the_page_of_the_repository_is_that_of_its_record():
    assert scale_plan.PAGE.read_text() == scale_plan.page(json.loads(scale_plan.RECORD.read_text()))


def test_work_and_traffic_of_a_product_by_hand():
    a, b = torch.ones(3, 4), torch.ones(4, 5)
    assert stages.counted(lambda: a @ b.t().t()) == (2 * 3 * 4 * 5, 4 * (12 + 20 + 15))
    assert stages.counted(lambda: a[1:].reshape(8)) == (0, 0)  # a look at what is there
    assert stages.counted(lambda: torch.relu(a)) == (0, 4 * 24)
