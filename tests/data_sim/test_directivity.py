import math

import pytest
import torch

from data_sim.directivity import PATTERNS, Directivity
from data_sim.engines.image_sources import ImageSources
from data_sim.engines.thinned_images import ThinnedImages
from data_sim.measures import without_rumble
from data_sim.microphones import Microphones, circular, given
from data_sim.room import Room
from data_sim.scene import Scene
from lightning_sepcl.errors import UserError

RATE = 16000
FREE = Room((20.0, 20.0, 20.0), (1.0,) * 6)
UNEVEN = Room((6.0, 5.0, 3.0), (0.1, 0.5, 0.25, 0.35, 0.6, 0.15))
METRE = 343 / RATE
AROUND = [(140 * METRE, 0.0), (-140 * METRE, 0.0), (0.0, 140 * METRE), (100 * METRE, 100 * METRE)]
"""Front, back, side and 45 degrees of a microphone that points towards +x."""


def heard(array, engine=None, room=UNEVEN, source=(4.8, 1.1, 1.6), seconds=0.2, seed=0):
    scene = Scene(room, torch.tensor([source], dtype=torch.float64), array, seed)
    return (engine or ImageSources()).responses([scene], RATE, seconds)[0][0]


@pytest.mark.parametrize("engine", [ImageSources(), ThinnedImages()])
@pytest.mark.parametrize(("pattern", "gains"), [
    ("cardioid", (1.0, 0.0, 0.5, 0.5 + 0.5 * math.sqrt(0.5))),
    ("figure_eight", (1.0, -1.0, 0.0, math.sqrt(0.5))),
    ("subcardioid", (1.0, 0.5, 0.75, 0.75 + 0.25 * math.sqrt(0.5))),
    (0.3, (1.0, -0.4, 0.3, 0.3 + 0.7 * math.sqrt(0.5))),
])  # fmt: skip
def test_front_back_and_side_in_the_free_field(engine, pattern, gains):
    array = given([(10.0, 10.0, 10.0)])
    for (x, y), gain in zip(AROUND, gains, strict=True):
        source = (10.0 + x, 10.0 + y, 10.0)
        omni, found = (heard(a, engine, FREE, source, 0.02) for a in (array, array.directed(pattern, (2.0, 0.0, 0.0))))
        torch.testing.assert_close(found, gain * omni, atol=2e-6 * omni.abs().max().item(), rtol=0)


def test_the_front_looks_up_too():
    array = given([(10.0, 10.0, 10.0)])
    above = (10.0, 10.0, 13.0)
    up, down, omni = (
        heard(a, None, FREE, above, 0.02)
        for a in (array.directed("cardioid", (0.0, 0.0, 1.0)), array.directed("cardioid", (0.0, 0.0, -1.0)), array)
    )
    torch.testing.assert_close(up, omni)
    assert down.abs().max() < 1e-6 * omni.abs().max()


@pytest.mark.parametrize("engine", [ImageSources(), ThinnedImages()])
def test_a_pattern_is_the_sum_of_pressure_and_figure_of_eight(engine):
    array = circular((2.2, 3.3, 1.0))
    front = (1.0, 2.0, -0.5)
    omni, eight, mixed = (
        heard(a, engine) for a in (array, array.directed(0.0, front), array.directed("supercardioid", front))
    )
    share = PATTERNS["supercardioid"]
    torch.testing.assert_close(mixed, share * omni + (1 - share) * eight, atol=2e-6 * omni.abs().max().item(), rtol=0)


def test_the_figure_of_eight_of_a_plane_wave_is_a_difference_of_pressures():
    """Two omnidirectional microphones close together hear its derivative: p(x + e) - p(x - e), below c / 2 pi e."""
    here, apart = (2.0, 3.0, 1.2), 0.002
    pair = given([(here[0] - apart, here[1], here[2]), (here[0] + apart, here[1], here[2])])
    behind, front = heard(pair).double()
    eight = heard(given([here]).directed("figure_eight", (1.0, 0.0, 0.0)))[0].double()
    frequency = torch.fft.rfftfreq(eight.shape[0], 1 / RATE, dtype=torch.float64)
    slope = 2j * math.pi * frequency * 2 * apart / 343  # of a plane wave from the front
    band = (frequency > 300) & (frequency < 4000)
    found, expected = torch.fft.rfft(front - behind)[band], (slope * torch.fft.rfft(eight))[band]
    assert ((found - expected).norm() / expected.norm()) < 0.05


def test_the_tail_of_a_cardioid_has_a_third_of_the_energy():
    """In a diffuse field: the mean of (1 + cos)^2 / 4 over the sphere is 1/3."""
    room, array = Room.with_rt60((5.0, 4.4, 4.0), 0.6), circular((2.2, 2.3, 2.0))
    omni, cardioid = (
        without_rumble(heard(a, ThinnedImages(), room, (4.0, 1.1, 1.6), 0.5), RATE)[:, 2400:]
        for a in (array, array.directed("cardioid"))
    )
    assert (cardioid.square().sum() / omni.square().sum()).item() == pytest.approx(1 / 3, rel=0.2)


def test_a_room_as_pyroomacoustics_hears_it():
    pytest.importorskip("pyroomacoustics")
    from data_sim.engines.pyroom import Pyroomacoustics

    array = circular((2.2, 3.3, 1.0)).directed(
        ["cardioid", "figure_eight", "omni", 0.7], [(1.0, 0.0, 0.0)] * 3 + [(1.0, 2.0, 3.0)]
    )
    ours, theirs = heard(array), heard(array, Pyroomacoustics())
    error = 10 * torch.log10((ours - theirs).square().sum(1) / theirs.square().sum(1))
    assert error.max() < -46


def test_scenes_with_and_without_patterns_together():
    array = circular((2.2, 3.3, 1.0))
    scenes = [
        Scene(UNEVEN, torch.tensor([[4.8, 1.1, 1.6]]), a, seed)
        for seed, a in enumerate((array, array.directed("cardioid"), array.directed("omni")))
    ]
    engine = ThinnedImages()
    for scene, found in zip(scenes, engine.responses(scenes, RATE, 0.2), strict=True):
        alone = engine.responses([scene], RATE, 0.2)[0]
        torch.testing.assert_close(found, alone, atol=1e-5 * alone.abs().max().item(), rtol=0)


def test_outwards_unless_told():
    array = circular((2.0, 2.0, 1.0), 3).directed("cardioid")
    assert array.directivity is not None
    torch.testing.assert_close(array.directivity.towards, (array.positions - array.centre) / 0.05)
    assert array == circular((2.0, 2.0, 1.0), 3).directed(0.5)
    assert array != circular((2.0, 2.0, 1.0), 3)


def test_what_is_no_pattern():
    array = circular((2.0, 2.0, 1.0))
    with pytest.raises(UserError, match=r"no pattern 'cardoid': there are omni, .*figure_eight"):
        array.directed("cardoid")
    with pytest.raises(UserError, match=r"no pattern 1\.5"):
        array.directed(1.5)
    with pytest.raises(UserError, match="3 patterns and 4 directions for 4 microphones"):
        array.directed(["omni"] * 3)
    with pytest.raises(UserError, match="points nowhere"):
        given([(1.0, 1.0, 1.0)]).directed("cardioid")


def test_all_directions_at_once():
    made = Directivity.of([0.5], torch.tensor([[0.0, 3.0, 4.0]], dtype=torch.float64))
    assert made.along.tolist() == [[0.0, pytest.approx(0.3), pytest.approx(0.4)]]
    assert isinstance(Microphones(torch.ones(1, 3, dtype=torch.float64), made), Microphones)
