import math

import pytest
import torch

from data_sim.engines.image_sources import ImageSources
from data_sim.engines.thinned_images import ThinnedImages
from data_sim.measures import clarity, direct_to_reverberant, reverberation_time, without_rumble
from data_sim.microphones import circular
from data_sim.room import Room
from data_sim.scene import Scene
from lightning_sepcl.errors import UserError

RATE = 16000


def scene(size=(5.3, 4.1, 2.9), rt60=0.6, seed=0, count=4):
    return Scene(
        Room.with_rt60(size, rt60), torch.tensor([[1.2, 3.05, 1.4]], dtype=torch.float64),
        circular((3.1, 1.7, 1.1), count), seed,
    )  # fmt: skip


def seam_samples(scene, seam=8.0):
    """When the room has `seam` images per sample: 4 pi c^3 t^2 / (V fs) of them."""
    return math.sqrt(seam * RATE * scene.room.volume / (4 * math.pi * 343**3)) * RATE


def test_before_the_seam_it_is_exact():
    here = scene()
    exact, fast = (engine.responses([here], RATE)[0] for engine in (ImageSources(), ThinnedImages()))
    early = int(seam_samples(here)) - 60  # the array's reach and half a filter
    assert early > 1000
    error = (fast - exact)[..., :early].norm() / exact[..., :early].norm()
    assert 20 * math.log10(error) < -55
    assert (fast - exact)[..., early + 200 :].norm() > 0.1 * exact[..., early + 200 :].norm()  # and then it is not


@pytest.mark.parametrize(("size", "rt60"), [((5.3, 4.1, 2.9), 0.6), ((9.0, 7.5, 3.4), 0.8), ((3.4, 3.1, 2.6), 0.3)])
def test_rooms_measure_alike(size, rt60):
    here = scene(size, rt60) if size[0] > 4 else Scene(
        Room.with_rt60(size, rt60), torch.tensor([[0.8, 2.4, 1.4]], dtype=torch.float64), circular((2.5, 1.2, 1.1))
    )  # fmt: skip
    arrival = (here.distances / 343).float()
    waves = [without_rumble(e.responses([here], RATE)[0], RATE) for e in (ImageSources(), ThinnedImages())]
    exact, fast = ([f(w).mean().item() for f in (
        lambda w: reverberation_time(w, RATE),
        lambda w: direct_to_reverberant(w, RATE, arrival),
        lambda w: clarity(w, RATE, arrival),
    )] for w in waves)  # fmt: skip
    assert fast[0] == pytest.approx(exact[0], rel=0.06)
    assert fast[1] == pytest.approx(exact[1], abs=0.15)
    assert fast[2] == pytest.approx(exact[2], abs=0.3)


def test_six_different_walls_keep_the_energy_of_the_tail():
    room = Room((6.0, 5.0, 3.0), (0.1, 0.5, 0.25, 0.35, 0.6, 0.15))
    here = Scene(room, torch.tensor([[4.8, 1.1, 1.6]], dtype=torch.float64), circular((2.2, 3.3, 1.0)))
    late = slice(int(seam_samples(here)) + 200, 4800)
    exact, fast = (
        without_rumble(e.responses([here], RATE, 0.3)[0], RATE)[..., late] for e in (ImageSources(), ThinnedImages())
    )
    assert 20 * math.log10(fast.norm() / exact.norm()) == pytest.approx(0, abs=1.0)


def test_the_seed_decides():
    first, again, other = (ThinnedImages().responses([scene(seed=s)], RATE)[0] for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other, atol=1e-4)


def test_among_others_a_scene_is_the_same_up_to_rounding():
    scenes = [scene((5.0, 4.0 + i / 2, 3.0), 0.2 + 0.1 * i, seed=i, count=4 if i < 3 else 2) for i in range(5)]
    engine = ThinnedImages()
    together = engine.responses(scenes, RATE)
    for here, found in zip(scenes, together, strict=True):
        alone = engine.responses([here], RATE)[0]
        assert found.shape == alone.shape
        torch.testing.assert_close(found, alone, atol=1e-5 * alone.abs().max().item(), rtol=0)


def test_a_room_that_ends_before_the_seam_has_nothing_drawn():
    dry = scene((9.0, 8.0, 3.5), 0.25)
    exact, fast = (e.responses([dry], RATE, 0.05)[0] for e in (ImageSources(), ThinnedImages()))
    torch.testing.assert_close(fast, exact, atol=2e-3 * exact.abs().max().item(), rtol=0)


def test_several_sources():
    here = scene(rt60=0.3)
    two = Scene(here.room, torch.cat([here.sources, here.sources + 0.3]), here.microphones)
    assert ThinnedImages().responses([two], RATE)[0].shape == (2, 4, 4800)


def test_settings_above_0():
    with pytest.raises(UserError, match="above 0"):
        ThinnedImages(draws_per_sample=0.0)
