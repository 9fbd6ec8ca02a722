"""CLAR: its loss is the sum of its two terms, the second one about labelled clips alone."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from lightning_sepcl.encoders import SmallCNN
from lightning_sepcl.features import LogMel, ThreeChannel
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.methods import CLAR
from lightning_sepcl.objectives.nt_xent import nt_xent
from lightning_sepcl.views import TemporalProximity, TwoCrops
from tests.methods.test_methods import build, tones


def generator():
    return torch.Generator().manual_seed(3)


def projections(model, batch):
    return model.head(model.encode(model.front(batch, generator()).features))


def with_labels(batch, which):
    labelled = torch.zeros(len(batch), dtype=torch.bool)
    labelled[which] = True
    return replace(batch, labelled=labelled, target=batch.target * labelled[:, None])


@pytest.mark.parametrize(("variant", "factor"), [("paper", 1), ("code", 2)])
def test_the_loss_is_the_sum_of_both_terms(variant, factor):
    """In the code the two views' cross-entropies are added up, in eq. 3 there is one."""
    model, batch = build(CLAR, variant=variant).eval(), with_labels(tones(), [0, 3, 8])
    loss, parts = model.loss(batch, generator())
    z = projections(model, batch)
    logits = model.classes(z)[[0, 3, 8]].flatten(0, 1)
    classes = torch.tensor([0, 0, 3, 3, 3, 3])
    expected = factor * functional.cross_entropy(logits, classes)
    assert parts["cross_entropy"].item() == pytest.approx(expected.item(), rel=1e-5)
    assert parts["nt_xent"].item() == pytest.approx(nt_xent(z, 0.5).item(), rel=1e-5)
    assert loss.item() == pytest.approx((expected + nt_xent(z, 0.5)).item(), rel=1e-5)
    assert parts["labelled"].item() == pytest.approx(0.3)


def test_a_batch_without_labels_has_the_first_term_alone_and_finite_gradients():
    model, batch = build(CLAR), with_labels(tones(), [])
    loss, parts = model.loss(batch, generator())
    assert parts["cross_entropy"].item() == 0
    assert loss.item() == pytest.approx(parts["nt_xent"].item())
    loss.backward()
    assert all(p.grad.isfinite().all() for p in model.parameters())
    assert not model.classes.out.weight.grad.any()


def test_what_an_unlabelled_clip_is_does_not_matter():
    model, batch = build(CLAR).eval(), with_labels(tones(), [1, 2])
    lied = replace(batch, target=torch.where(batch.labelled[:, None], batch.target, batch.target.roll(1, 1)))
    other = replace(batch, target=torch.where(batch.labelled[:, None], batch.target, 1.0))
    losses = [model.loss(b, generator())[0].item() for b in (batch, lied, other)]
    assert losses[0] == losses[1] == losses[2]


def test_the_weight_of_the_second_term():
    plain, none = build(CLAR).eval(), build(CLAR, cross_entropy_weight=0.0).eval()
    _, parts = plain.loss(tones(), generator())
    assert none.loss(tones(), generator())[0].item() == pytest.approx(parts["nt_xent"].item(), rel=1e-6)
    with pytest.raises(ValueError, match="must not be below 0"):
        build(CLAR, cross_entropy_weight=-1.0)


def test_it_needs_classes():
    with pytest.raises(ValueError, match="CLAR needs labels: this data set has no classes; SimCLR"):
        CLAR(FrontEnd(TemporalProximity(96), LogMel()), SmallCNN(dim=16, widths=[8, 16]))


@pytest.mark.parametrize("wave", ["silence", "constant"])
def test_clips_without_any_sound_give_a_finite_loss(wave):
    model, batch = build(CLAR), tones()
    batch = replace(batch, wave=torch.full_like(batch.wave, 0.0 if wave == "silence" else -0.7))
    loss, _ = model.loss(batch, generator())
    loss.backward()
    assert loss.isfinite()
    assert all(p.grad.isfinite().all() for p in model.parameters())


def test_clips_of_one_sample_give_a_finite_loss():
    batch = tones(samples=1)
    loss, _ = build(CLAR).loss(batch, generator())
    assert loss.isfinite()


def test_stereo_is_refused_by_the_three_channel_spectra_in_one_sentence():
    front = FrontEnd(TwoCrops(1.0, 1.0), ThreeChannel(), standardise=False)
    model = CLAR(front, SmallCNN(dim=16, widths=[8, 16], channels=3), class_names=tuple("abcde"))
    batch = tones()
    stereo = replace(batch, wave=batch.wave.expand(-1, -1, 2, -1))
    with pytest.raises(ValueError, match="ThreeChannel wants waves of one microphone"):
        model.loss(stereo, generator())
