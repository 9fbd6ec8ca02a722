"""The messages an encoder gives to features it cannot take."""

import pytest
import torch

from lightning_sepcl.encoders.input_check import check_input


@pytest.mark.parametrize("shape", [(2, 64, 96), (2, 3, 64, 96), (64, 96)])
def test_axes_and_channels_are_named(shape):
    with pytest.raises(ValueError, match=r"Ear takes features \(n, 1, freq, frame\), these are \("):
        check_input(torch.zeros(shape), "Ear", channels=1, least=4)


@pytest.mark.parametrize(("bins", "frames"), [(3, 9), (9, 3), (0, 0)])
def test_what_is_too_small_is_named(bins, frames):
    with pytest.raises(
        ValueError, match=f"Ear needs at least 4 bins and 4 frames, these features have {bins} and {frames}"
    ):
        check_input(torch.zeros(1, 2, bins, frames), "Ear", channels=2, least=4)


def test_the_least_size_and_an_empty_batch_pass():
    check_input(torch.zeros(1, 2, 4, 4), "Ear", channels=2, least=4)
    check_input(torch.zeros(0, 2, 4, 4), "Ear", channels=2, least=4)


def test_frames_may_have_a_least_number_of_their_own():
    check_input(torch.zeros(1, 1, 1, 13), "Ear", channels=1, least=1, least_frames=13)
    with pytest.raises(ValueError, match="Ear needs at least 1 bins and 13 frames, these features have 1 and 12"):
        check_input(torch.zeros(1, 1, 1, 12), "Ear", channels=1, least=1, least_frames=13)
