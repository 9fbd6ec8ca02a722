"""From a room, sources and microphones to impulse responses, in one call."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from data_sim.engines.base import Engine
from data_sim.engines.image_sources import ImageSources
from data_sim.microphones import Microphones, Point
from data_sim.room import Room
from data_sim.scene import Scene


def impulse_responses(
    room: Room,
    sources: Point | Sequence[Point] | Float[Tensor, "source 3"],
    microphones: Microphones,
    *,
    engine: Engine | None = None,
    sample_rate: int = 16_000,
    seconds: float | None = None,
    seed: int = 0,
) -> Float[Tensor, "source mic sample"]:
    """What each microphone hears of a click of each source.

    Time, amplitude and sign are those of `Engine`: no constant delay, 1 / (4 pi d), walls reflect positively. Several
    rooms at once: `engine.responses(scenes, sample_rate)`.

    Args:
        room: the box.
        sources: one position or several, m.
        microphones: the array.
        engine: who computes; None: `ImageSources()`, every image.
        sample_rate: Hz.
        seconds: length; None: the room's RT60 by Sabine's formula, or 10 ms behind the direct sound if that is longer.
        seed: for engines that draw at random.

    Raises:
        UserError: a position outside the room, a room that rings for too long, an engine that is not installed.

    >>> from data_sim import Room, circular
    >>> room = Room.with_rt60((5.0, 4.0, 3.0), 0.3)
    >>> h = impulse_responses(room, (1.0, 1.0, 1.5), circular((3.0, 2.0, 1.2)))
    >>> h.shape, h[0, 0].argmax().item()      # 2.29 m away: 106.7 samples
    (torch.Size([1, 4, 4800]), 107)
    """
    places = torch.as_tensor(sources, dtype=torch.float64).reshape(-1, 3)
    scene = Scene(room, places, microphones, seed)
    response: Tensor = (engine or ImageSources()).responses([scene], sample_rate, seconds)[0]
    return response
