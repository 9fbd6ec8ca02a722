import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from data_sim.engines.delay_filters import windowed_sinc
from data_sim.engines.image_sources import ImageSources
from data_sim.microphones import Microphones, circular, given
from data_sim.room import Room
from data_sim.scene import Scene

GOLDEN = Path(__file__).parents[2] / "golden" / "spatial"
RATE = 16000


def error_db(found, expected):
    """Of each row, energy of the difference over that of what is expected."""
    return 10 * torch.log10((found - expected).square().sum(-1) / expected.square().sum(-1))


def slow_loop(scene, samples):
    """Every image, one after the other, in double precision."""
    response = torch.zeros(len(scene.microphones), samples, dtype=torch.float64)
    time = torch.arange(samples, dtype=torch.float64)
    size, source = scene.room.size, scene.sources[0].tolist()
    reflections = scene.room.reflections
    most = [math.ceil((samples + 60) * 343 / RATE / side) + 1 for side in size]
    for cells in itertools.product(*(range(-m, m + 1) for m in most)):
        place, amplitude = [], 1.0
        for axis, cell in enumerate(cells):
            place.append(cell * size[axis] + (size[axis] - source[axis] if cell % 2 else source[axis]))
            more, less = (abs(cell) + 1) // 2, abs(cell) // 2
            near, far = (less, more) if cell >= 0 else (more, less)
            amplitude *= reflections[2 * axis] ** near * reflections[2 * axis + 1] ** far
        for row, microphone in zip(response, scene.microphones.positions.tolist(), strict=True):
            distance = math.dist(place, microphone)
            delay = distance * RATE / 343
            if delay < samples + 60:
                row += amplitude / (4 * math.pi * distance) * windowed_sinc(time - delay)
    return response


@pytest.mark.parametrize("name", ["r1_small_dry", "r2_office", "r3_large", "r6_anechoic"])
def test_the_reference_responses(name):
    golden = np.load(GOLDEN / f"{name}.npz")
    room = Room(tuple(golden["size"].tolist()), (float(golden["absorption"]),) * 6)
    source = torch.from_numpy(golden["source"]).double().reshape(1, 3)
    scene = Scene(room, source, Microphones(torch.from_numpy(golden["microphones"])))
    expected = torch.from_numpy(golden["response"])
    found = ImageSources().responses([scene], RATE, expected.shape[1] / RATE)[0][0] * (4 * math.pi)
    assert found.shape == expected.shape
    assert error_db(found, expected).max() < -48


def test_a_slow_loop_with_six_different_walls():
    room = Room((3.1, 2.7, 2.3), (0.1, 0.5, 0.25, 0.35, 0.6, 0.15))
    scene = Scene(room, torch.tensor([[0.7, 2.1, 1.4]], dtype=torch.float64), given([(2.0, 0.9, 1.1), (2.9, 2.5, 0.2)]))
    found = ImageSources().responses([scene], RATE, 500 / RATE)[0][0]
    assert error_db(found.double(), slow_loop(scene, 500)).max() < -58


def test_a_longer_response_begins_like_a_shorter_one():
    room = Room.with_rt60((5.0, 4.0, 3.0), 0.3)
    scene = Scene(room, torch.tensor([[1.0, 1.0, 1.5]]), given([(3.0, 2.0, 1.2), (4.5, 3.5, 2.5)]))
    short, long = (ImageSources().responses([scene], RATE, seconds)[0] for seconds in (0.1, 0.2))
    torch.testing.assert_close(long[..., :1600], short, atol=2e-6 * short.abs().max().item(), rtol=0)


def test_source_and_microphone_change_places():
    room = Room((5.0, 4.0, 3.0), (0.1, 0.5, 0.25, 0.35, 0.6, 0.15))
    here, there = (1.0, 1.2, 1.5), (3.7, 2.9, 0.8)
    first = ImageSources().responses([Scene(room, torch.tensor([here]), given([there]))], RATE, 0.1)[0]
    second = ImageSources().responses([Scene(room, torch.tensor([there]), given([here]))], RATE, 0.1)[0]
    assert error_db(second, first).max() < -55


def test_a_mirrored_room_sounds_mirrored():
    shares = (0.1, 0.5, 0.25, 0.35, 0.6, 0.15)
    room, mirrored = Room((5.0, 4.0, 3.0), shares), Room((5.0, 4.0, 3.0), (0.5, 0.1, *shares[2:]))
    one = Scene(room, torch.tensor([[1.0, 1.2, 1.5]]), given([(3.7, 2.9, 0.8)]))
    other = Scene(mirrored, torch.tensor([[4.0, 1.2, 1.5]]), given([(1.3, 2.9, 0.8)]))
    a, b = ImageSources().responses([one, other], RATE, 0.1)
    assert error_db(b, a).max() < -55


def test_among_others_a_scene_is_the_same():
    scenes = [
        Scene(
            Room.with_rt60((4.0 + i, 4.0, 3.0), 0.2), torch.tensor([[1.0, 1.0, 1.5]]), circular((2.0, 2.0, 1.2), 2 + i)
        )
        for i in range(3)
    ]
    engine = ImageSources()
    together = engine.responses(scenes, RATE)
    assert all(torch.equal(engine.responses([s], RATE)[0], r) for s, r in zip(scenes, together, strict=True))
