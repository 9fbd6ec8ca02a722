"""pyroomacoustics behind our interface: the reference that the other engines are compared with."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from data_sim.engines.base import Engine
from data_sim.microphones import Microphones
from data_sim.octaves import OCTAVES_HZ
from data_sim.room import SPEED_OF_SOUND, WALLS, Share
from data_sim.scene import Scene
from lightning_sepcl.errors import UserError


class Pyroomacoustics(Engine):
    """The image source method of pyroomacoustics, in our convention.

    Its constant delay is taken off, its 10 Hz high-pass switched off, its amplitude 1 / d divided by 4 pi. Its delays
    come from a table, which limits its accuracy to about -54 dB.

    Args:
        max_order: images of at most so many reflections; None takes as many as the length of the response needs. What
            `pyroomacoustics.inverse_sabine` proposes is less, and leaves out some images that fall into the RT60.

    Raises:
        UserError: pyroomacoustics is not installed.
    """

    def __init__(self, max_order: int | None = None) -> None:
        if max_order is not None and max_order < 0:
            raise UserError(f"max_order {max_order}: give 0 or more reflections")
        self.max_order = max_order
        self.library = _library()

    def responses(self, scenes: Sequence[Scene], sample_rate: int, seconds: float | None = None) -> list[Tensor]:
        """See `Engine`."""
        with self._plain():
            return [self._response(scene, sample_rate, scene.samples(sample_rate, seconds)) for scene in scenes]

    def _response(self, scene: Scene, sample_rate: int, samples: int) -> Tensor:
        pra = self.library
        walls = {wall: pra.Material(_shares(share)) for wall, share in zip(WALLS, scene.room.absorption, strict=True)}
        order = order_for(scene, samples / sample_rate) if self.max_order is None else self.max_order
        box = pra.ShoeBox(scene.room.size, fs=sample_rate, materials=walls, max_order=order, air_absorption=False)
        for source in scene.sources:
            box.add_source(source.tolist())
        places = scene.microphones.positions.T.double().numpy()
        box.add_microphone_array(places, directivity=self._patterns(scene.microphones))
        box.compute_rir()
        delay = pra.constants.get("frac_delay_length") // 2
        found = torch.zeros(len(scene.sources), len(scene.microphones), samples)
        for microphone, rows in enumerate(box.rir):
            for source, row in enumerate(rows):
                wave = np.asarray(row[delay : delay + samples], np.float32) / np.float32(4 * math.pi)
                found[source, microphone, : len(wave)] = torch.from_numpy(wave)
        return found

    def _patterns(self, microphones: Microphones) -> list[Any] | None:
        """Its objects for what each microphone hears from where."""
        found = microphones.directivity
        if found is None:
            return None
        family = importlib.import_module("pyroomacoustics.directivities").CardioidFamily
        rows = zip(found.towards.tolist(), found.pressure.tolist(), strict=True)
        return [family(towards, pressure) for towards, pressure in rows]

    @contextmanager
    def _plain(self) -> Iterator[None]:
        """Its constants are those of the whole process: what was there is put back."""
        constants = self.library.constants
        wanted = {"rir_hpf_enable": False, "c": SPEED_OF_SOUND}
        before = {name: constants.get(name) for name in wanted}
        try:
            for name, value in wanted.items():
                constants.set(name, value)
            yield
        finally:
            for name, value in before.items():
                constants.set(name, value)


def _shares(absorption: Share) -> float | dict[str, list[float]]:
    """As its walls are told: a number, or a list beside the octaves' centres."""
    if not isinstance(absorption, tuple):
        return absorption
    return {"coeffs": list(absorption), "center_freqs": list(OCTAVES_HZ)}


def order_for(scene: Scene, seconds: float) -> int:
    """Reflections so that every image that arrives within `seconds` is among them.

    An image in cell (i, j, k) has |i| + |j| + |k| reflections; of all points at one distance, this is largest in the
    direction of the vector (1 / width, 1 / length, 1 / height).
    """
    distance = seconds * SPEED_OF_SOUND + scene.microphones.reach
    return math.ceil(distance * math.hypot(*(1 / side for side in scene.room.size))) + 3


def _library() -> Any:
    try:
        return importlib.import_module("pyroomacoustics")
    except (ImportError, OSError, RuntimeError) as error:
        raise UserError(
            f"the engine pyroomacoustics cannot be used ({error}): pip install 'lightning_sepcl[sim]', "
            "or choose exact or fast"
        ) from error
