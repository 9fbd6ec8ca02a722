"""gpuRIR behind our interface, at arm's length: it ends the whole process when its GPU fails.

It lives in a process of its own, the same for all calls of an engine, is asked only where torch sees a GPU, and gets
walls with the sign turned, since it turns them itself. It is not on PyPI and is licensed under AGPL-3.0; nothing of it
is part of this package.
"""

from __future__ import annotations

import importlib
import importlib.util
import math
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from data_sim.directivity import Directivity
from data_sim.engines.base import Engine
from data_sim.room import SPEED_OF_SOUND
from data_sim.scene import Scene
from lightning_sepcl.errors import UserError
from lightning_sepcl.orphans import leave_with_parent

Array = NDArray[np.float32]

INSTALL = "pip install https://github.com/DavidDiazGuerra/gpuRIR/zipball/master"
NAMES = {1.0: "omni", 0.75: "subcard", 0.5: "card", 0.25: "hypcard", 0.0: "bidir"}  # its words for shares of pressure
MOST_ELEMENTS = 2**31 - 1  # it counts in 32-bit integers and does not notice when they run over


@dataclass(frozen=True, slots=True)
class Order:
    """What the other process is asked for: the arguments of `gpuRIR.simulateRIR`, as plain arrays."""

    size: Array
    beta: Array
    sources: Array
    microphones: Array
    images: tuple[int, int, int]
    seconds: float
    sample_rate: int
    diffuse_from: float | None
    pattern: str = "omni"
    towards: Array | None = None


class GpuRIR(Engine):
    """Images by gpuRIR on an NVIDIA GPU, optionally with a tail of noise.

    Args:
        diffuse_from: seconds from which on the response is noise with Sabine's decay, drawn for each microphone on its
            own; None computes images to the end. Noise depends on what the process has drawn before: gpuRIR cannot be
            seeded, hence `Scene.seed` has no effect.

    Raises:
        UserError: no GPU, or gpuRIR is not installed.
    """

    def __init__(self, diffuse_from: float | None = None) -> None:
        if diffuse_from is not None and not diffuse_from > 0:
            raise UserError(f"diffuse_from {diffuse_from:g} s: give a time above 0, or none")
        if not torch.cuda.is_available():
            raise UserError("the engine gpurir needs an NVIDIA GPU, and torch sees none here: choose exact or fast")
        if importlib.util.find_spec("gpuRIR") is None:
            raise UserError(f"the engine gpurir needs gpuRIR, which is not installed: {INSTALL}")
        self.diffuse_from = diffuse_from
        self.worker: ProcessPoolExecutor | None = None

    def responses(self, scenes: Sequence[Scene], sample_rate: int, seconds: float | None = None) -> list[Tensor]:
        """See `Engine`."""
        samples = [scene.samples(sample_rate, seconds) for scene in scenes]
        orders = [self._order(scene, sample_rate, count) for scene, count in zip(scenes, samples, strict=True)]
        try:
            waves = [self._process().submit(simulated, order).result() for order in orders]
        except BrokenProcessPool as error:
            self.close()
            raise UserError(
                "gpuRIR ended its process: the GPU is out of memory or its driver does not fit; "
                "free the GPU, or choose exact or fast"
            ) from error
        return [torch.from_numpy(_of_length(wave, count)) for wave, count in zip(waves, samples, strict=True)]

    def close(self) -> None:
        """End the other process; the next call begins another."""
        if self.worker is not None:
            self.worker.shutdown()
            self.worker = None

    def _process(self) -> ProcessPoolExecutor:
        """One for all calls: to begin one takes seconds, for its imports and the GPU."""
        if self.worker is None:
            context = multiprocessing.get_context("spawn")  # a forked process cannot use CUDA
            self.worker = ProcessPoolExecutor(1, context, initializer=leave_with_parent)
        return self.worker

    def _order(self, scene: Scene, sample_rate: int, samples: int) -> Order:
        latest = float(scene.distances.max()) / SPEED_OF_SOUND + 0.01  # before that it gives only zeros
        seconds = max(samples / sample_rate, latest)
        elements = len(scene.sources) * len(scene.microphones) * math.ceil(seconds * sample_rate)
        if elements > MOST_ELEMENTS:
            raise UserError(
                f"{elements} samples at once are more than gpuRIR can count: simulate fewer sources at once"
            )
        diffuse = None if self.diffuse_from is None or self.diffuse_from >= seconds else max(self.diffuse_from, latest)
        until = seconds if diffuse is None else diffuse
        images = [math.ceil(2 * until * SPEED_OF_SOUND / side) for side in scene.room.size]
        return Order(
            size=np.asarray(scene.room.size, np.float32),
            beta=-np.asarray(scene.room.reflections, np.float32),  # it turns the sign itself
            sources=scene.sources.numpy().astype(np.float32),
            microphones=scene.microphones.positions.numpy().astype(np.float32),
            images=(images[0], images[1], images[2]),
            seconds=seconds,
            sample_rate=sample_rate,
            diffuse_from=diffuse,
            pattern=_pattern(scene.microphones.directivity),
            towards=_fronts(scene.microphones.directivity),
        )


def simulated(order: Order) -> Array:
    """Called in the other process: (source, mic, sample)."""
    library = importlib.import_module("gpuRIR")  # not `from gpuRIR import *`: it lists names that do not exist
    return np.asarray(
        library.simulateRIR(
            order.size, order.beta, order.sources, order.microphones, np.asarray(order.images), order.seconds,
            order.sample_rate, Tdiff=order.diffuse_from, mic_pattern=order.pattern, orV_rcv=order.towards,
            c=SPEED_OF_SOUND,
        ),
        np.float32,
    )  # fmt: skip


def _pattern(directivity: Directivity | None) -> str:
    """Its name for a pattern that all microphones share."""
    if directivity is None:
        return "omni"
    shares = set(directivity.pressure.tolist())
    if len(shares) > 1 or not shares <= NAMES.keys():
        raise UserError(
            "the engine gpurir knows one pattern for all microphones, omni, subcardioid, cardioid, hypercardioid or "
            "figure_eight: choose one of them, or the engine exact or fast"
        )
    return NAMES[shares.pop()]


def _fronts(directivity: Directivity | None) -> Array | None:
    return None if directivity is None else directivity.towards.numpy().astype(np.float32)


def _of_length(wave: Array, samples: int) -> Array:
    short = max(0, samples - wave.shape[2])
    return np.ascontiguousarray(np.pad(wave, ((0, 0), (0, 0), (0, short)))[:, :, :samples])
