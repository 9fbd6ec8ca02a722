import math

import pytest
import torch

from data_sim import moving
from data_sim.engines.image_sources import ImageSources
from data_sim.engines.thinned_images import ThinnedImages
from data_sim.microphones import given
from data_sim.moving import heard_moving
from data_sim.room import SPEED_OF_SOUND, Room
from data_sim.scene import Scene
from data_sim.trajectory import Trajectory
from lightning_sepcl.errors import UserError

RATE = 16000
ROOM = Room.with_rt60((6.0, 5.0, 3.0), 0.2)
FREE = Room((40.0, 40.0, 40.0), (1.0,) * 6)
ARRAY = given([(2.2, 3.3, 1.0), (2.4, 3.3, 1.0)])
HERE = (4.8, 1.1, 1.6)


def noise(samples, seed=0):
    return torch.randn(samples, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def plain(sound, engine, room=ROOM, source=HERE, array=ARRAY, seconds=None):
    response = engine.responses([Scene(room, torch.tensor([source], dtype=torch.float64), array)], RATE, seconds)[0][0]
    size = len(sound) + response.shape[1] - 1
    return torch.fft.irfft(torch.fft.rfft(sound, size) * torch.fft.rfft(response.double(), size), size)


@pytest.mark.parametrize("engine", [ImageSources(), ThinnedImages()])
def test_a_source_that_rests_is_a_convolution(engine):
    sound = noise(4000)
    for way in (Trajectory.at_times([HERE], [0.0]), Trajectory.at_times([HERE, HERE], [0.0, 0.1])):
        found, expected = heard_moving(sound, way, ROOM, ARRAY, engine=engine), plain(sound, engine)
        torch.testing.assert_close(found, expected, atol=1e-12 * expected.abs().max().item(), rtol=0)


def test_pieces_sum_to_the_convolution(monkeypatch):
    """The same response at all places of a way: fades and parts leave no trace."""
    monkeypatch.setattr(moving, "PLACES_AT_ONCE", 3)

    class Same(ImageSources):
        def responses(self, scenes, sample_rate, seconds=None):
            (scene,) = scenes
            rests = Scene(scene.room, torch.tensor([HERE], dtype=torch.float64), scene.microphones)
            (one,) = super().responses([rests], sample_rate, seconds)
            return [one.expand(len(scene.sources), -1, -1)]

    sound, way = noise(4000), Trajectory.at_speed([HERE, (4.0, 1.4, 1.2), (4.2, 1.4, 1.0)], 3.0)
    found = heard_moving(sound, way, ROOM, ARRAY, engine=Same(), spacing=0.05, seconds=0.1)
    expected = plain(sound, ImageSources(), seconds=0.1)
    torch.testing.assert_close(found, expected, atol=1e-12 * expected.abs().max().item(), rtol=0)


def test_a_sound_is_heard_from_where_it_was_made():
    """Two clicks a second apart on a way are heard after the delays of their two places."""
    metre = SPEED_OF_SOUND / RATE
    way = Trajectory.at_speed([(10.0, 20.0, 20.0), (10.0 + 200 * metre, 20.0, 20.0)], 200 * metre)
    sound = torch.zeros(RATE + 1)
    sound[0] = sound[RATE] = 1
    found = heard_moving(sound, way, FREE, given([(10.0 + 900 * metre, 20.0, 20.0)]), spacing=0.5, seconds=0.08)[0]
    for start, delay in ((0, 900), (RATE, 700)):
        part = found[start : start + RATE]
        assert part.argmax().item() == delay
        assert part.max().item() == pytest.approx(1 / (4 * math.pi * delay * metre), rel=0.01)


@pytest.mark.parametrize("speed", [5.0, -5.0])
def test_doppler(speed):
    """Away from the microphone a tone is heard lower, f / (1 + v / c), towards it higher."""
    x = 22.0 if speed > 0 else 27.0
    way = Trajectory.at_speed([(x, 20.0, 20.0), (x + speed, 20.0, 20.0)], abs(speed))
    time = torch.arange(RATE // 2, dtype=torch.float64) / RATE
    sound = torch.sin(2 * math.pi * 1000 * time)
    found = heard_moving(sound, way, FREE, given([(20.0, 20.0, 20.0)]), spacing=0.02, seconds=0.06)[0]
    middle = found[2000:7000]
    expected = 1000 / (1 + speed / SPEED_OF_SOUND)
    turn = torch.arange(len(middle), dtype=torch.float64) / RATE * 2j * math.pi * expected
    phase = torch.angle((middle * torch.exp(-turn))[400:4400].view(-1, 400).mean(1))  # 400 samples: 25 periods
    drift = float(phase[-1] - phase[0]) / (2 * math.pi * 3600 / RATE)  # Hz
    assert abs(drift) < 0.3
    assert abs(expected - 1000) > 10


@pytest.mark.parametrize("engine", [ImageSources(), ThinnedImages()])
def test_nothing_clicks(engine):
    """A tone of 500 Hz from a moving source: no jump is larger than a resting one's, and above 2 kHz there is no more
    than the engines' delays are inaccurate (-60 dB).
    """
    ends = HERE, (3.0, 1.0, 1.2)
    sound = torch.sin(2 * math.pi * 500 * torch.arange(6400, dtype=torch.float64) / RATE)
    sound *= torch.hann_window(6400, dtype=torch.float64)
    found = heard_moving(sound, Trajectory.at_speed(list(ends), 4.5), ROOM, ARRAY, engine=engine, spacing=0.02)
    rests = [plain(sound, engine, source=end) for end in ends]
    jumps = [w.diff(n=2, dim=1).abs().max() for w in (found, *rests)]
    assert jumps[0] < 1.3 * max(jumps[1:])
    spectrum = torch.fft.rfft(found).abs().square()
    frequency = torch.fft.rfftfreq(found.shape[1], 1 / RATE)
    assert 10 * math.log10(spectrum[:, frequency > 2000].sum() / spectrum.sum()) < -57


def test_the_delay_between_microphones_follows_the_way():
    way = Trajectory.at_speed([(5.5, 3.3, 1.0), (2.3, 4.8, 1.0)], 4.0)
    array = given([(1.8, 3.3, 1.0), (2.8, 3.3, 1.0)])
    room = Room((6.0, 5.0, 3.0), (0.95,) * 6)
    sound = noise(14000)
    found = heard_moving(sound, way, room, array, spacing=0.02)
    for start in (1000, 5000, 9000, 12000):
        part = found[:, start : start + 1500]
        spectra = torch.fft.rfft(part * torch.hann_window(1500, dtype=torch.float64), 4096)
        cross = spectra[0] * spectra[1].conj()
        lags = torch.fft.irfft(cross / cross.abs(), 4096).roll(100)[:201]
        first = (start + 750) / RATE
        nearer = torch.cdist(way.at(torch.tensor([first - 0.006])), array.positions)[0]
        assert int(lags.argmax()) - 100 == pytest.approx(float(nearer[0] - nearer[1]) * RATE / SPEED_OF_SOUND, abs=2)


def test_the_fast_engine_glides():
    """Neighbouring places have the same late images: their tails are nearly equal, those of new draws are not."""
    room, engine = Room.with_rt60((6.0, 5.0, 3.0), 0.6), ThinnedImages()
    near = torch.tensor([HERE, (4.801, 1.1, 1.6)], dtype=torch.float64)
    late = slice(4000, 6000)
    for moves in (True, False):
        one, other = engine.responses([Scene(room, near, ARRAY, 3, moving=moves)], RATE)[0][..., late]
        apart = ((one - other).norm() / one.norm()).item()
        assert apart < 0.1 if moves else apart > 0.5


def test_what_cannot_be():
    with pytest.raises(UserError, match="outside the room"):
        heard_moving(noise(100), Trajectory.at_speed([HERE, (9.0, 1.0, 1.0)], 1.0), ROOM, ARRAY)
    with pytest.raises(UserError, match="give a spacing"):
        heard_moving(noise(100), Trajectory.at_speed([HERE, (5.0, 1.0, 1.0)], 1.0), ROOM, ARRAY, spacing=0.0)
