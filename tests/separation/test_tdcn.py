"""The network: what it can see, its skip paths, and the memory that the fast path and recomputing save."""

import subprocess
import sys

import pytest
import torch

from lightning_sepcl.separation.tdcn import TDCN


def test_the_receptive_field_is_two_times_the_sum_of_dilations():
    """Layer norm: statistics of one frame, so that taps alone carry anything from frame to frame."""
    net = TDCN(3, 4, 6, repeats=2, blocks=3, norm="layer").double()
    x = torch.zeros(1, 3, 61, dtype=torch.float64, requires_grad=True)
    net(x)[0, :, 30].sum().backward()
    seen = x.grad.abs().sum(1)[0].nonzero().flatten()
    assert (seen.min(), seen.max()) == (30 - 14, 30 + 14)


def test_skip_paths_join_each_pair_of_repeats():
    assert list(TDCN(3, 4, 6, 4, 1, skip_residual=True).skips) == [
        "0_to_1", "0_to_2", "1_to_2", "0_to_3", "1_to_3", "2_to_3",
    ]  # fmt: skip


@pytest.mark.parametrize("fast", [True, False])
def test_a_skip_path_adds_what_the_repeat_began_with(fast):
    """Blocks that add nothing leave initial, then y + R y for each pair."""
    net = TDCN(3, 4, 6, 2, 2, skip_residual=True, fast=fast)
    with torch.no_grad():
        for block in net.blocks:
            block.down.weight.zero_()
        net.skips["0_to_1"].weight.copy_(2 * torch.eye(4))
        x = torch.randn(2, 3, 10)
        torch.testing.assert_close(net(x), 3 * net.initial(x))


MEASURE = """
import resource, sys, torch
from lightning_sepcl.separation.tdcn import TDCN
torch.set_num_threads(1)
net = TDCN(16, 64, 128, 2, 8, recompute="recompute" in sys.argv[1], fast="plain" not in sys.argv[1])
x = torch.randn(1, 16, 20000)
net(x[..., :50]).sum().backward()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
net(x).sum().backward()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_memory_of_a_training_step():
    """In arrays of (64, frame): 16 blocks keep 1 + 2, or 1, and share some; plain autograd keeps some 20 each."""
    unit = 64 * 20000 * 4 / 1024
    got = {}
    for mode in ("fast", "recompute", "plain"):
        done = subprocess.run([sys.executable, "-c", MEASURE, mode], capture_output=True, text=True, check=True)
        got[mode] = int(done.stdout) / unit
    assert got["fast"] < 16 * 3 + 25, got
    assert got["recompute"] < 16 + 25, got
    assert got["plain"] > 3 * got["fast"], got
