from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from lightning_sepcl.evaluation.embedded_set import EmbeddedSet
from lightning_sepcl.evaluation.gather import gathered, interleaved


def part(*numbers: int) -> EmbeddedSet:
    h = torch.tensor(numbers, dtype=torch.float32)[:, None]
    return EmbeddedSet(h, h, torch.ones(len(numbers), dtype=torch.bool), tuple(map(str, numbers)))


def test_one_process_keeps_its_set() -> None:
    clips = part(1, 2)
    assert gathered(clips) is clips


def test_shares_dealt_in_turn_come_back_in_order_without_the_repeats() -> None:
    whole = interleaved([part(0, 3, 6), part(1, 4, 0), part(2, 5, 1)])  # 7 clips among 3, filled up with 0 and 1
    assert whole.keys == tuple("0123456")
    assert whole.h[:, 0].tolist() == list(range(7))


def test_shares_of_different_size_lose_nothing() -> None:
    assert interleaved([part(0, 2, 3), part(1)]).keys == ("0", "1", "2", "3")


def _process(rank: int, file: str) -> None:
    dist.init_process_group("gloo", init_method=f"file://{file}", rank=rank, world_size=2)
    whole = gathered(part(0, 2) if rank == 0 else part(1, 0))
    Path(f"{file}.{rank}").write_text("".join(whole.keys))
    dist.destroy_process_group()


@pytest.mark.slow
def test_two_processes_see_the_same_clips(tmp_path: Path) -> None:
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    mp.spawn(_process, args=(str(tmp_path / "meet"),), nprocs=2)
    assert [(tmp_path / f"meet.{rank}").read_text() for rank in (0, 1)] == ["012", "012"]
