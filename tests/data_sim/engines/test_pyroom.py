import pytest
import torch

from data_sim.engines import pyroom
from data_sim.engines.image_sources import ImageSources
from data_sim.engines.pyroom import Pyroomacoustics, order_for
from data_sim.microphones import circular
from data_sim.room import Room
from data_sim.scene import Scene
from lightning_sepcl.errors import UserError

pra = pytest.importorskip("pyroomacoustics")
RATE = 16000
UNEVEN = Room((6.0, 5.0, 3.0), (0.1, 0.5, 0.25, 0.35, 0.6, 0.15))
NEAR = Room((7.0, 4.0, 2.8), (0.35,) * 6)


@pytest.mark.parametrize(
    ("room", "source", "centre"), [(UNEVEN, (4.8, 1.1, 1.6), (2.2, 3.3, 1.0)), (NEAR, (0.6, 0.6, 0.7), (1.0, 0.9, 0.6))]
)
def test_ours_and_theirs_agree(room, source, centre):
    scene = Scene(room, torch.tensor([source], dtype=torch.float64), circular(centre))
    ours, theirs = (engine.responses([scene], RATE, 0.2)[0][0] for engine in (ImageSources(), Pyroomacoustics()))
    error = 10 * torch.log10((ours - theirs).square().sum(1) / theirs.square().sum(1))
    assert error.max() < -48


def test_its_settings_are_put_back():
    before = pra.constants.get("rir_hpf_enable")
    Pyroomacoustics(2).responses([Scene(NEAR, torch.tensor([[1.0, 1.0, 1.0]]), circular((3.0, 2.0, 1.0)))], RATE, 0.05)
    assert pra.constants.get("rir_hpf_enable") == before


def test_an_order_of_its_own():
    scene = Scene(NEAR, torch.tensor([[1.0, 1.0, 1.0]]), circular((3.0, 2.0, 1.0)))
    direct = Pyroomacoustics(0).responses([scene], RATE, 0.1)[0]
    assert direct[..., 300:].abs().max() == 0
    assert order_for(scene, 0.1) > 0.1 * 343 / min(NEAR.size)
    with pytest.raises(UserError, match="max_order -1"):
        Pyroomacoustics(-1)


def test_a_missing_library_is_told(monkeypatch):
    def missing(name):
        raise ImportError(f"No module named {name!r}")

    monkeypatch.setattr(pyroom.importlib, "import_module", missing)
    with pytest.raises(UserError, match=r"pyroomacoustics cannot be used .*pip install"):
        Pyroomacoustics()
