"""What microphones hear of a source that moves: impulse responses along its way, faded into each other.

A response belongs to the place where the source was when it made the sound. The sound is cut into overlapping pieces,
one for each place on the way, that fade in and out as the source comes and goes; each piece is convolved with its
place's response, and the results are added. Fades sum to one, so a source that rests is a plain convolution, and no
piece begins or ends abruptly, so nothing clicks.

A delay that changes from place to place is a Doppler shift, as long as the responses of neighbouring places blend into
the one in between: up to c / (4 spacing), where they are a quarter of a period apart and the blend is 3 dB too quiet.
Places 1 cm apart are right up to 8.6 kHz, 5 cm up to 1.7 kHz; above, the sound is dulled, never shifted wrongly.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from data_sim.engines.base import Engine
from data_sim.engines.delay_filters import fft_size
from data_sim.engines.image_sources import ImageSources
from data_sim.microphones import Microphones
from data_sim.room import Room
from data_sim.scene import Scene
from data_sim.trajectory import Trajectory
from lightning_sepcl.errors import UserError

SPACING_METRES = 0.01
PLACES_AT_ONCE = 32  # bounds the memory; fewer cost more, as each part is as long as a response
MOST_PLACES = 100_000


def heard_moving(
    sound: Float[Tensor, " played"],
    trajectory: Trajectory,
    room: Room,
    microphones: Microphones,
    *,
    engine: Engine | None = None,
    sample_rate: int = 16_000,
    spacing: float = SPACING_METRES,
    seconds: float | None = None,
    seed: int = 0,
) -> Float[Tensor, "mic heard"]:
    """The sound of a moving source in a room, up to the end of the tail.

    Args:
        sound: what the source plays from time 0 on.
        trajectory: where it is meanwhile.
        room: the box.
        microphones: the array.
        engine: who computes the responses; None: `ImageSources()`. `ThinnedImages` draws the late images once for the
            whole way, so that they glide instead of flickering.
        sample_rate: Hz.
        spacing: m between the places whose responses are computed, at most.
        seconds: length of the responses; None: as `Scene.natural_seconds`, for the whole way.
        seed: for engines that draw at random.

    Raises:
        UserError: a way that leaves the room, a spacing that is not above 0 or asks for more than 100 000 places.
    """
    if not 0 < spacing < math.inf or trajectory.length / spacing > MOST_PLACES:
        raise UserError(f"places every {spacing:g} m on a way of {trajectory.length:g} m: give a spacing such as 0.01")
    places, step = trajectory.places(spacing)
    whole = Scene(room, places, microphones, seed, moving=True)
    length = whole.natural_seconds if seconds is None else seconds
    time = torch.arange(len(sound), dtype=torch.float64) / sample_rate
    place = (trajectory.travelled(time) / step).clamp(max=len(places) - 1)
    out = sound.new_zeros(len(microphones), len(sound) + whole.samples(sample_rate, length) - 1)
    for first, part in _parts(whole):
        start, end = _heard_near(place, first, len(part.sources))
        if start < end:
            (responses,) = (engine or ImageSources()).responses([part], sample_rate, length)
            faded = sound[start:end] * _fades(place[start:end], first, len(part.sources)).to(sound.dtype)
            wave = _convolved(faded, responses.to(sound.dtype))
            out[:, start : start + wave.shape[1]] += wave
    return out


def _parts(whole: Scene) -> Iterator[tuple[int, Scene]]:
    for first in range(0, len(whole.sources), PLACES_AT_ONCE):
        places = whole.sources[first : first + PLACES_AT_ONCE]
        yield first, Scene(whole.room, places, whole.microphones, whole.seed, moving=True)


def _heard_near(place: Float[Tensor, " played"], first: int, count: int) -> tuple[int, int]:
    """The samples in which any of some places has a share; places never fall."""
    borders = torch.tensor([first - 1, first + count], dtype=place.dtype)
    start = int(torch.searchsorted(place, borders[:1], right=True))
    return start, int(torch.searchsorted(place, borders[1:]))


def _fades(place: Float[Tensor, " _"], first: int, count: int) -> Float[Tensor, "{count} _"]:
    """How much each of some places counts while the source is at `place`: 1 there, 0 from the neighbour on."""
    numbers = torch.arange(first, first + count, dtype=place.dtype)
    return (1 - (place - numbers[:, None]).abs()).clamp(min=0)


def _convolved(
    pieces: Float[Tensor, "place played"], responses: Float[Tensor, "place mic sample"]
) -> Float[Tensor, "mic heard"]:
    """The sum of all pieces, each in the response of its place."""
    length = pieces.shape[1] + responses.shape[2] - 1
    size = fft_size(length)
    total = torch.zeros(responses.shape[1], size // 2 + 1, dtype=torch.promote_types(pieces.dtype, torch.complex64))
    for piece, response in zip(pieces, responses, strict=True):
        total += torch.fft.rfft(piece, size) * torch.fft.rfft(response, size)
    wave: Tensor = torch.fft.irfft(total, size)[:, :length]
    return wave
