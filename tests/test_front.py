"""The front end: order, randomness, sharing, statistics."""

import pytest
import torch

from lightning_sepcl.augment import Gain, SpecAugment
from lightning_sepcl.augment.base import Augmentation
from lightning_sepcl.features import LogMel
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.records import Batch
from lightning_sepcl.views import TemporalProximity


def clips(count=4, samples=24000, sources=1):
    wave = (torch.randn(count, sources, 1, samples, generator=torch.Generator().manual_seed(5)) * 3000).to(torch.int16)
    return Batch(
        wave,
        torch.full((count,), samples),
        torch.eye(count),
        torch.ones(count, dtype=torch.bool),
        torch.arange(count),
        tuple(f"clip {i}" for i in range(count)),
    )


def front(**kwargs):
    made = FrontEnd(TemporalProximity(96), LogMel(), **kwargs)
    made.prepare(16000)
    return made


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_papers_patch_is_15600_samples_and_96_by_64():
    views = front(standardise=False)(clips(), seeded())
    assert views.wave.shape == (4, 2, 1, 15600)
    assert views.features.shape == (4, 2, 1, 64, 96)


def test_waves_are_augmented_before_features_and_features_after():
    loud = front(wave_augment=[Gain(low_db=20.0, high_db=20.0)], standardise=False)(clips(), seeded())
    plain = front(standardise=False)(clips(), seeded())
    rise = (loud.features - plain.features).mean()
    assert rise == pytest.approx(torch.log(torch.tensor(10.0)).item(), abs=0.05)  # 20 dB are ln 10 in log amplitude


def test_same_seed_same_views_other_seed_other_views():
    made = front(wave_augment=[Gain(low_db=-6.0, high_db=6.0)], feature_augment=[SpecAugment()], standardise=False)
    assert torch.equal(made(clips(), seeded(1)).features, made(clips(), seeded(1)).features)
    assert not torch.equal(made(clips(), seeded(1)).features, made(clips(), seeded(2)).features)


class Shift(Augmentation):
    """Adds one drawn number to each example."""

    domain = "feature"

    def draw(self, shape, generator):
        return {
            "by": torch.rand(shape[0], generator=generator),
            "deep": {"by": torch.rand(shape[0], generator=generator)},
        }

    def apply(self, x, params):
        return torch.zeros_like(x) + (params["by"] + params["deep"]["by"])[:, None, None, None]


class SharedShift(Shift):
    shared_by_views = True


@pytest.mark.parametrize(("plugin", "shared"), [(Shift, False), (SharedShift, True)])
def test_a_draw_can_be_shared_by_the_views_of_a_clip(plugin, shared):
    x = front(feature_augment=[plugin()], standardise=False)(clips(), seeded()).features[:, :, 0, 0, 0]
    assert bool((x[:, 0] == x[:, 1]).all()) is shared
    assert len(set(x[:, 0].tolist())) == 4


def test_a_plugin_in_the_wrong_list_is_refused():
    with pytest.raises(ValueError, match="SpecAugment works on features: list it under `feature_augment`"):
        front(wave_augment=[SpecAugment()])


def test_statistics_make_the_training_features_standard_and_ignore_the_filling():
    batch = clips(samples=24000)
    made = front()
    assert made.needs_statistics()
    made.fit_statistics([batch])
    assert not made.needs_statistics()
    features = made.features_of(batch.wave[:, 0].float() / 32768)
    assert features.mean() == pytest.approx(0, abs=1e-4)
    assert features.std() == pytest.approx(1, abs=1e-4)
    filled = Batch(
        torch.nn.functional.pad(batch.wave, (0, 8000)),
        batch.length,
        batch.target,
        batch.labelled,
        batch.index,
        batch.keys,
    )
    other = front()
    other.fit_statistics([filled])
    assert torch.equal(other.standardise.mean, made.standardise.mean)


def test_statistics_travel_in_the_state():
    made = front()
    made.fit_statistics([clips()])
    other = front()
    other.load_state_dict(made.state_dict())
    assert not other.needs_statistics()
    assert torch.equal(other.standardise.std, made.standardise.std)
