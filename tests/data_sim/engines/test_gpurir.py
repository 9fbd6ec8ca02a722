"""Against a stand-in with gpuRIR's conventions: it turns the signs of the walls, and may end its process."""

import math
import os
import textwrap

import pytest
import torch

from data_sim.engines.gpurir import GpuRIR
from data_sim.engines.image_sources import ImageSources
from data_sim.microphones import given
from data_sim.room import Room
from data_sim.scene import Scene
from lightning_sepcl.errors import UserError

STAND_IN = """
    import numpy as np
    __all__ = ["there_is_no_such_name"]

    def simulateRIR(
        room_sz, beta, pos_src, pos_rcv, nb_img, Tmax, fs, Tdiff=None, mic_pattern="omni", orV_rcv=None, c=343.0
    ):
        assert all(isinstance(a, np.ndarray) for a in (room_sz, beta, pos_src, pos_rcv))
        pressure = {"omni": 1.0, "card": 0.5, "bidir": 0.0}[mic_pattern]
        out = np.zeros((len(pos_src), len(pos_rcv), int(np.ceil(Tmax * fs / 2) * 2)), np.float32)
        for s, source in enumerate(pos_src):
            for m, mic in enumerate(pos_rcv):
                floor = source * [1, 1, -1]
                for place, gain in ((source, 1.0), (floor, -beta[4])):
                    d = np.linalg.norm(place - mic)
                    if orV_rcv is not None:
                        gain = gain * (pressure + (1 - pressure) * np.dot(orV_rcv[m], place - mic) / d)
                    out[s, m, round(d / c * fs)] += gain / (4 * np.pi * d)
        return out
"""
METRE = 343 / 16000


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Puts a gpuRIR of this text where this process and those it starts find it, beside a GPU."""

    def install(text):
        (tmp_path / "gpuRIR.py").write_text(textwrap.dedent(text))
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)

    return install


def floor_scene(pattern=None):
    room = Room((10.0, 9.0, 8.0), (1.0, 1.0, 1.0, 1.0, 0.36, 1.0))
    here = torch.tensor([[2.0, 4.0, 75 * METRE]], dtype=torch.float64)
    array = given([(2.0 + 200 * METRE, 4.0, 75 * METRE)])
    return Scene(room, here, array if pattern is None else array.directed(pattern, (-1.0, 0.5, -1.0)))


@pytest.mark.parametrize("pattern", [None, "cardioid", "figure_eight"])
def test_our_convention(installed, pattern):
    installed(STAND_IN)
    scene = floor_scene(pattern)
    theirs, ours = (engine.responses([scene], 16000, 0.03)[0] for engine in (GpuRIR(), ImageSources()))
    assert theirs.shape == ours.shape
    torch.testing.assert_close(theirs, ours, atol=1e-3 * ours.max().item(), rtol=0)


def test_a_process_that_ends_is_told(installed):
    installed("import os; os._exit(35)")
    engine = GpuRIR()
    with pytest.raises(UserError, match="gpuRIR ended its process"):
        engine.responses([floor_scene()], 16000, 0.03)
    assert engine.worker is None  # the next call begins another


def test_all_calls_are_answered_by_one_process(installed):
    installed("""
        import os
        import numpy as np

        def simulateRIR(room_sz, beta, pos_src, pos_rcv, nb_img, Tmax, fs, **others):
            return np.full((1, 1, 9), os.getpid(), np.float32)
    """)
    engine = GpuRIR()
    first, second = (int(engine.responses([floor_scene()], 16000, 0.03)[0][0, 0, 0]) for _ in range(2))
    assert first == second != os.getpid()
    engine.close()
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


def test_no_gpu_is_told_before_it_is_imported(installed, monkeypatch):
    installed("raise SystemExit(35)")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match="needs an NVIDIA GPU"):
        GpuRIR()


def test_not_installed(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(UserError, match=r"not installed: pip install https"):
        GpuRIR()


def test_the_order_reaches_behind_the_direct_sound(installed):
    installed(STAND_IN)
    order = GpuRIR(diffuse_from=1e-3)._order(floor_scene(), 16000, 210)
    assert order.seconds > 200 / 16000 + 0.009
    assert order.diffuse_from is None or order.diffuse_from > 200 / 16000
    assert order.beta[4] == pytest.approx(-math.sqrt(0.64))


def test_patterns_that_it_does_not_know(installed):
    installed(STAND_IN)
    with pytest.raises(UserError, match="gpurir knows one pattern for all microphones"):
        GpuRIR()._order(floor_scene(0.6), 16000, 400)
