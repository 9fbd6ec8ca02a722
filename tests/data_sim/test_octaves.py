import pytest
import torch

from data_sim.engines.image_sources import ImageSources
from data_sim.engines.thinned_images import ThinnedImages
from data_sim.materials import MATERIALS
from data_sim.measures import octave, reverberation_time
from data_sim.microphones import circular, given
from data_sim.octaves import OCTAVES_HZ, RINGING_SECONDS, audible_octaves, octave_gains, together
from data_sim.room import Room
from data_sim.scene import Scene
from lightning_sepcl.errors import UserError

RATE = 16000
SIZE, SOURCE, CENTRE = (5.0, 4.4, 4.0), (4.0, 1.1, 1.6), (2.2, 2.3, 2.0)
FALLING = (0.14, 0.16, 0.20, 0.25, 0.31, 0.36, 0.42)
"""Absorption by octave, for all six walls."""


def heard(room, engine, seconds=0.5, array=None, seed=0):
    scene = Scene(room, torch.tensor([SOURCE], dtype=torch.float64), array or circular(CENTRE, 2), seed)
    return engine.responses([scene], RATE, seconds)[0][0]


def test_the_bands_sum_to_one_and_are_one_at_their_centres():
    frequency = torch.linspace(0, 8000, 4001)
    gains = octave_gains(frequency, 7)
    torch.testing.assert_close(gains.sum(0), torch.ones(4001, dtype=torch.float64))
    for factor in (1.0, 2**0.24, 2**-0.24):
        at_centres = octave_gains(torch.tensor(OCTAVES_HZ) * factor, 7)
        torch.testing.assert_close(at_centres, torch.eye(7, dtype=torch.float64), atol=1e-9, rtol=0)
    half = octave_gains(torch.tensor(OCTAVES_HZ[:6]) * 2**0.5, 7)
    torch.testing.assert_close(half[:6].diagonal(), torch.full((6,), 0.5, dtype=torch.float64), atol=1e-5, rtol=0)
    assert gains[0, 0] == 1
    assert octave_gains(torch.tensor([4000.0]), audible_octaves(8000))[:, 0].tolist() == [0, 0, 0, 0, 0, 1]


def test_the_ringing_has_room():
    size = 1 << 16
    gains = octave_gains(torch.fft.rfftfreq(size, 1 / RATE), 7)
    for wave in torch.fft.irfft(gains, size):
        far = wave[round(RINGING_SECONDS * RATE) : size // 2].abs().max()
        assert far < 1e-5 * wave.abs().max()


def test_equal_bands_are_the_sound_and_different_ones_their_own_parts():
    wave = torch.randn(2, 3000, generator=torch.Generator().manual_seed(0))
    assert torch.equal(together([wave] * 7, RATE), wave)
    assert torch.equal(together([wave], RATE), wave)
    tone = torch.sin(2 * torch.pi * 1000 / RATE * torch.arange(16000))
    silent = torch.zeros(16000)
    middle = slice(4000, 12000)
    only, without = (
        together([tone if keep(band) else silent for band in range(7)], RATE)[middle]
        for keep in (lambda band: band == 3, lambda band: band != 3)
    )
    torch.testing.assert_close(only, tone[middle], atol=5e-4, rtol=0)  # the tone begins with a click
    assert without.abs().max() < 5e-4


@pytest.mark.parametrize("engine", [ImageSources(), ThinnedImages()])
def test_walls_that_are_equal_in_all_octaves_are_broadband_walls(engine):
    shares = (0.1, 0.5, 0.25, 0.35, 0.6, 0.15)
    array = circular(CENTRE, 2).directed("cardioid")
    broad = heard(Room(SIZE, shares), engine, 0.3, array)
    octaves = heard(Room(SIZE, tuple((share,) * 7 for share in shares)), engine, 0.3, array)
    assert torch.equal(octaves, broad)


@pytest.mark.parametrize("engine", [ImageSources(), ThinnedImages()])
def test_every_octave_decays_as_its_broadband_room_does(engine):
    room = Room(SIZE, (FALLING,) * 6)
    response = heard(room, engine, 0.7)
    for number, centre in enumerate(OCTAVES_HZ):
        alone = heard(room.octave(number), engine, 0.7)
        found, expected = (reverberation_time(octave(w, RATE, centre), RATE).mean() for w in (response, alone))
        assert found.item() == pytest.approx(expected.item(), rel=0.05)
        if 250 <= centre <= 4000:  # few modes below; the last octave reaches out of the sample rate
            assert found.item() == pytest.approx(room.octave(number).sabine_rt60, rel=0.16)


def test_the_direct_sound_is_untouched():
    """A floor that swallows the octaves differently; the direct sound arrives before, without any ringing."""
    room = Room((20.0, 20.0, 20.0), (1.0, 1.0, 1.0, 1.0, FALLING, 1.0))
    dry = Room((20.0, 20.0, 20.0), (1.0,) * 6)
    found, direct = (
        ImageSources().responses([Scene(r, torch.tensor([[8.0, 9.0, 10.0]]), given([(11.0, 9.0, 10.0)]))], RATE, 0.05)
        for r in (room, dry)
    )
    early = slice(0, 400)  # the floor is heard after 950 samples
    torch.testing.assert_close(found[0][..., early], direct[0][..., early], atol=2e-5, rtol=0)


def test_a_reflection_of_each_octave_has_the_strength_of_its_wall():
    """One wall alone: the spectrum of its reflection, at the centres of the octaves, is the root of what it leaves."""
    shares = (0.9, 0.1, 0.5, 0.2, 0.8, 0.3, 0.6)
    walls, dry = ((1.0, 1.0, 1.0, 1.0, floor, 1.0) for floor in (shares, 0.0))
    scenes = [
        Scene(Room((30.0, 30.0, 30.0), w), torch.tensor([[15.0, 15.0, 10.0]]), given([(15.1, 15.0, 10.0)]))
        for w in (walls, dry)
    ]
    late = slice(400, 1600)  # the floor's image, 20 m away, with its ringing
    found, full = (torch.fft.rfft(r[0, 0, late].double(), 1 << 16) for r in ImageSources().responses(scenes, RATE, 0.1))
    bins = torch.tensor(OCTAVES_HZ[:6]).mul((1 << 16) / RATE).round().long()
    left = (found[bins].abs() / full[bins].abs()).square()
    torch.testing.assert_close(left, 1 - torch.tensor(shares[:6], dtype=torch.float64), atol=0.02, rtol=0)


def test_octaves_as_pyroomacoustics_has_them():
    """Its bands have other flanks: the energy of each octave agrees, and its decay."""
    pytest.importorskip("pyroomacoustics")
    from data_sim.engines.pyroom import Pyroomacoustics

    room = Room(SIZE, (FALLING, FALLING, 0.2, 0.2, MATERIALS["carpet"], MATERIALS["plasterboard"]))
    ours, theirs = (heard(room, engine, 0.35) for engine in (ImageSources(), Pyroomacoustics()))
    for centre in OCTAVES_HZ[1:6]:
        one, other = (octave(w, RATE, centre)[..., :5200] for w in (ours, theirs))
        db = 10 * torch.log10(one.square().sum() / other.square().sum()).item()
        assert abs(db) < 0.5
        times = [reverberation_time(w, RATE).mean().item() for w in (one, other)]
        assert times[0] == pytest.approx(times[1], rel=0.1)


def test_materials_and_their_room():
    room = Room.of_materials(SIZE, ["brick", "brick", "brick", "glass", "carpet", "plasterboard"])
    assert room.has_octaves
    assert room.octave(2).absorption == (0.03, 0.03, 0.03, 0.04, 0.25, 0.06)
    assert room.sabine_rt60 == max(room.octave(i).sabine_rt60 for i in range(7))
    assert len(room.bands(16000)) == 7
    assert len(room.bands(4000)) == 5
    assert Room(SIZE, (0.2,) * 6).bands(16000) == [Room(SIZE, (0.2,) * 6)]
    assert all(len(shares) == 7 for shares in MATERIALS.values())


def test_what_is_no_wall():
    with pytest.raises(UserError, match="no material 'brik': did you mean brick"):
        Room.of_materials(SIZE, "brik")
    with pytest.raises(UserError, match="2 materials: give one for all walls, or six"):
        Room.of_materials(SIZE, ["brick", "wood"])
    with pytest.raises(UserError, match="3 absorptions of the wall west"):
        Room(SIZE, ((0.1, 0.2, 0.3), 0.1, 0.1, 0.1, 0.1, 0.1))
    with pytest.raises(UserError, match=r"absorption 1\.2 of the wall floor"):
        Room(SIZE, (0.1, 0.1, 0.1, 0.1, (0.1,) * 6 + (1.2,), 0.1))
    with pytest.raises(UserError, match="differs by octave: choose the engine exact or fast"):
        _ = Room.of_materials(SIZE, "wood").reflections
