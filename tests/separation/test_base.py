"""What every separator does alike: it checks its input, and its stages end with its output."""

import pytest
import torch

from lightning_sepcl.separation.base import Separator


class Halves(Separator):
    """Two equal estimates."""

    sources, sample_rate = 2, 8000

    def forward(self, wave):
        self.check_wave(wave)
        return 0.5 * wave.expand(-1, 2, -1)


@pytest.mark.parametrize("shape", [(1, 500), (2, 2, 500), (1, 1, 0), (0, 1, 500)])
def test_what_is_no_recording_is_refused(shape):
    with pytest.raises(ValueError, match=r"Halves takes waves \(batch, 1, sample\) of one microphone"):
        Halves()(torch.zeros(shape))


def test_several_signals_are_asked_for_by_number():
    with pytest.raises(ValueError, match=r"\(batch, 3, sample\) of 3 signals.*these are \(1, 1, 9\)"):
        Halves().check_wave(torch.zeros(1, 1, 9), signals=3)


def test_without_stages_of_its_own_there_is_one():
    wave = torch.randn(1, 1, 5)
    (stage,) = Halves().stages(wave)
    assert torch.equal(stage, Halves()(wave))
