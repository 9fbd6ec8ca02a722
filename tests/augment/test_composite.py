from __future__ import annotations

import pytest
import torch

from lightning_sepcl.augment.base import Augmentation, Params
from lightning_sepcl.augment.chain import Chain
from lightning_sepcl.augment.gain import Gain
from lightning_sepcl.augment.identity import Identity
from lightning_sepcl.augment.mix import Mix
from lightning_sepcl.augment.one_of import OneOf, Sometimes
from lightning_sepcl.augment.spec_augment import SpecAugment
from lightning_sepcl.augment.time_shift import TimeShift


class Shared(Augmentation):
    domain = "wave"
    shared_by_views = True

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        return {}

    def apply(self, x: torch.Tensor, params: Params) -> torch.Tensor:
        return x


def test_they_are_what_their_parts_are():
    assert Chain([Gain(), Identity()]).domain == "wave"
    assert Sometimes(Chain([SpecAugment()])).domain == "feature"
    assert OneOf([Identity()]).domain == "any"
    assert Sometimes(Chain([Gain(), OneOf([Mix(), Gain()])])).uses_other_examples
    assert not OneOf([Gain()]).uses_other_examples
    assert Sometimes(Shared()).shared_by_views
    assert not Chain([Gain()]).shared_by_views


def test_parts_are_prepared_however_deep():
    mix, shift = Mix(), TimeShift()
    Sometimes(Chain([OneOf([mix, shift])])).prepare(8000, 3)
    assert (mix.views, shift.sample_rate) == (3, 8000)


def test_what_does_not_go_together_is_refused():
    with pytest.raises(ValueError, match="Gain \\(wave\\), SpecAugment \\(feature\\)"):
        Chain([Gain(), SpecAugment()])
    with pytest.raises(ValueError, match="empty"):
        OneOf([])
    with pytest.raises(ValueError, match="once per clip"):
        Chain([Gain(), Shared()])
