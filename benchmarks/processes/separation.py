"""One separator in a process of its own, turn by turn with a matrix product; prints its figures as one line of JSON.

A process of its own, since peak memory never falls again, and since asteroid may live in another environment than ours.
`python separation.py CONTESTANT JOB SECONDS ROUNDS`; started by `benchmarks/separation.py`.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

SAMPLE_RATE, SOURCES, COEFFICIENTS, WINDOW, HOP = 16000, 2, 256, 40, 20
SIZE = 1536  # of the square matrices whose product is the machine's peak; three of them fit into no cache
GFLOP = 2 * SIZE**3 / 1e9


class AsteroidSeparator(nn.Module):
    """Asteroid's TDConvNet++ at the reference's size, between the same learned basis as ours."""

    def __init__(self) -> None:
        super().__init__()
        from asteroid.masknn.convolutional import TDConvNetpp

        self.encoder = nn.Conv1d(1, COEFFICIENTS, WINDOW, HOP, bias=False)
        self.masker = TDConvNetpp(
            COEFFICIENTS, SOURCES, n_blocks=8, n_repeats=4, bn_chan=256, hid_chan=512, skip_chan=128, mask_act="sigmoid"
        )
        self.decoder = nn.ConvTranspose1d(COEFFICIENTS, 1, WINDOW, HOP, bias=False)

    def forward(self, wave: Tensor) -> Tensor:
        """(batch, 1, sample) -> (batch, source, sample), up to the last full frame."""
        coefficients = self.encoder(wave).relu()
        masked = self.masker(coefficients)[0] * coefficients[:, None]
        return self.decoder(masked.flatten(0, 1)).reshape(len(wave), SOURCES, -1)


def ours(**settings: bool) -> Callable[[], nn.Module]:
    """Our separator with its defaults, or with these settings."""

    def build() -> nn.Module:
        from lightning_sepcl.separation.tdcnpp import TDCNpp

        return TDCNpp(SOURCES, **settings)

    return build


CONTESTANTS: dict[str, Callable[[], nn.Module]] = {
    "ours": ours(),
    "recompute": ours(recompute=True),
    "plain": ours(fast=False),
    "asteroid": AsteroidSeparator,
}


def billions(contestant: str) -> float:
    """Floating-point operations of separating a second in 1e9, by PyTorch's count of products and convolutions.

    Ours is counted on its plain path: the in-place products of the fast one are left out of that count.
    """
    net = CONTESTANTS["asteroid" if contestant == "asteroid" else "plain"]()
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        net(torch.zeros(1, 1, SAMPLE_RATE))
    return counter.get_total_flops() / 1e9


def forward(net: nn.Module, wave: Tensor) -> Callable[[], object]:
    """Separation without gradients."""

    def turn() -> None:
        with torch.no_grad():
            net(wave)

    return turn


def train(net: nn.Module, wave: Tensor) -> Callable[[], object]:
    """A whole training step: forward, a loss in dB, backward, Adam."""
    optimiser = torch.optim.Adam(net.parameters(), 1e-4)

    def turn() -> None:
        optimiser.zero_grad()
        estimates = net(wave)
        error = (estimates - 0.5 * wave[..., : estimates.shape[-1]]).square().sum((1, 2))
        error.log10().mean().backward()
        optimiser.step()

    return turn


def main(contestant: str, job: str, seconds: str, rounds: str) -> None:
    """Measure and print."""
    torch.manual_seed(0)
    wave = 0.1 * torch.randn(1, 1, round(float(seconds) * SAMPLE_RATE))
    net = CONTESTANTS[contestant]()
    work = billions(contestant) * float(seconds) * (1 if job == "forward" else 3)
    turn = {"forward": forward, "train": train}[job](net, wave)
    a, out = torch.randn(SIZE, SIZE), torch.empty(SIZE, SIZE)
    wall, cpu, product_wall, product_cpu = [], [], [], []
    for counted in range(-1, int(rounds)):
        for action, walls, cpus in (
            (lambda: torch.mm(a, a, out=out), product_wall, product_cpu),
            (turn, wall, cpu),
            (lambda: torch.mm(a, a, out=out), product_wall, product_cpu),
        ):
            before = time.perf_counter(), time.process_time()
            action()
            if counted >= 0:
                walls.append(time.perf_counter() - before[0])
                cpus.append(time.process_time() - before[1])
    figures = {
        "wall": wall,
        "cpu": cpu,
        "peak_wall": [GFLOP / t for t in product_wall],
        "peak_cpu": [GFLOP / t for t in product_cpu],
        "gflop": work,
        "gigabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9,
        "parameters": sum(p.numel() for p in net.parameters()),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])
