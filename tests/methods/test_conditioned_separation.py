"""Training conditioned separators: every term of the loss by hand, and what is trained."""

import math

import pytest
import torch

from lightning_sepcl.conditioning import ConditionedITDCNpp, ConditionedTDCNpp, soft_or
from lightning_sepcl.conditioning.conditioned import logits_of
from lightning_sepcl.methods import ConditionedSeparation
from lightning_sepcl.objectives import PIT, GuidedCrossEntropy, sigmoid_cross_entropy
from lightning_sepcl.records import Batch
from lightning_sepcl.separation import STFTBasis
from tests.fakes.classifier import small_classifier

SMALL = {"bottleneck": 12, "hidden": 16, "repeats": 1, "blocks": 3, "width": 5}


def network(kind=ConditionedTDCNpp, fine_tuned=0, classifier=None, **settings):
    torch.manual_seed(0)
    given = classifier or small_classifier(20, fine_tuned)
    return kind(given, basis=STFTBasis(80, 40, True), **SMALL | settings)


def batch(clips=3, sources=2, samples=4000):
    time = torch.arange(samples) / 16000
    pitch = 300 * 1.6 ** torch.arange(clips * sources)[:, None]
    waves = (torch.sin(2 * math.pi * pitch * time) * 0.2).reshape(clips, sources, 1, samples)
    wave = torch.cat([waves.sum(1, keepdim=True), waves], 1)
    length, index = torch.full((clips,), samples), torch.arange(clips)
    nothing = torch.zeros(clips, dtype=torch.bool)
    return Batch(wave, length, torch.zeros(clips, 0), nothing, index, tuple(f"clip {i}" for i in range(clips)))


def test_without_guidance_the_loss_is_pit_at_every_stage():
    model, given = ConditionedSeparation(network(ConditionedITDCNpp)), batch()
    sources = given.wave[:, 1:, 0]
    stages = model.separator.stages(sources.sum(1, keepdim=True))
    torch.testing.assert_close(model.loss(given, torch.Generator())[0], sum(PIT()(s, sources) for s in stages))


def test_guidance_adds_the_three_terms_of_the_paper():
    model = ConditionedSeparation(network(ConditionedITDCNpp, 3), guidance=GuidedCrossEntropy(0.5))
    given = batch()
    sources = given.wave[:, 1:, 0]
    first, second = model.separator.passes(sources.sum(1, keepdim=True))
    clean = logits_of(model.teacher, sources)
    expected = sum(PIT()(stage.estimates, sources) for stage in (first, second))
    for predicted in (first.mixture, second.mixture):
        expected = expected + 0.5 * sigmoid_cross_entropy(soft_or(clean), predicted).mean()
    aligned = second.sources.clone()
    for clip in range(3):
        error = (first.estimates[clip, :, None] - sources[clip]).square().sum(-1)  # (estimate, reference)
        loss = (error + 1e-8).log10()
        if loss[0, 1] + loss[1, 0] < loss[0, 0] + loss[1, 1]:
            aligned[clip] = second.sources[clip].flip(0)
    expected = expected + 0.5 * sigmoid_cross_entropy(clean, aligned).mean()
    loss, parts = model.loss(given, torch.Generator())
    torch.testing.assert_close(loss, expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(parts["separation"] + parts["guidance"], loss.detach())


def test_a_single_stage_is_guided_by_the_mixtures_term_alone():
    model = ConditionedSeparation(network(fine_tuned=1), guidance=GuidedCrossEntropy())
    given = batch()
    sources = given.wave[:, 1:, 0]
    (stage,) = model.separator.passes(sources.sum(1, keepdim=True))
    guided = sigmoid_cross_entropy(soft_or(logits_of(model.teacher, sources)), stage.mixture).mean()
    torch.testing.assert_close(model.loss(given, torch.Generator())[1]["guidance"], guided)


@pytest.mark.parametrize("kind", [ConditionedTDCNpp, ConditionedITDCNpp])
def test_fine_tuning_moves_the_last_layers_and_never_the_teacher(kind):
    model = ConditionedSeparation(network(kind, 1), guidance=GuidedCrossEntropy())
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], 1e-2)
    for _ in range(2):
        optimizer.zero_grad()
        model.loss(batch(), torch.Generator())[0].backward()
        optimizer.step()
    moved = {name for name, value in model.state_dict().items() if not torch.equal(value, before[name])}
    assert {"separator.classifier.head.linear.weight", "separator.classifier.head.weight"} & moved
    assert not [name for name in moved if name.startswith("teacher")]
    assert not [name for name in moved if ".encoder." in name]


@pytest.mark.parametrize("settings", [{}, {"embedding": "oracle_all"}, {"kind": ConditionedITDCNpp}])
def test_the_loss_falls(settings):
    model, given = ConditionedSeparation(network(**settings)), batch()
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], 3e-3)
    losses = []
    for _ in range(25):
        loss, _ = model.loss(given, torch.Generator())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-5:]) / 5 < losses[0] - 3  # dB


@pytest.mark.parametrize("embedding", ["mixture", "oracle_soft_or"])
def test_judging_gives_oracles_the_clean_sources_and_others_nothing(embedding):
    model, given = ConditionedSeparation(network(embedding=embedding)).eval(), batch()
    wave, sources = given.wave[:, 0], given.wave[:, 1:, 0]
    with torch.no_grad():
        found = model.predict_step(given, 0)["estimates"]
        expected = model.separator(wave, sources) if embedding != "mixture" else model.separator(wave)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-4)


def test_fewer_sources_than_outputs_are_silent_ones_and_more_are_refused():
    one = batch(sources=1)
    for embedding in ("mixture", "oracle_all", "oracle_soft_or"):
        loss, _ = ConditionedSeparation(network(embedding=embedding)).loss(one, torch.Generator())
        assert loss.isfinite()
    with pytest.raises(ValueError, match="up to 3 sources, the separator makes 2"):
        ConditionedSeparation(network()).loss(batch(sources=3), torch.Generator())


@pytest.mark.parametrize("kind", [ConditionedTDCNpp, ConditionedITDCNpp])
def test_silence_trains_without_harm(kind):
    given = batch()
    silent = Batch(given.wave * 0, *(getattr(given, n) for n in ("length", "target", "labelled", "index", "keys")))
    model = ConditionedSeparation(network(kind, 1), guidance=GuidedCrossEntropy())
    model.loss(silent, torch.Generator())[0].backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())


def test_guidance_without_anything_to_guide_is_refused():
    for net in (network(), network(fine_tuned=1, embedding="oracle_all")):
        with pytest.raises(ValueError, match="this one is frozen"):
            ConditionedSeparation(net, guidance=GuidedCrossEntropy())
    nameless = network(classifier=small_classifier(20, 1, classes=()))
    with pytest.raises(ValueError, match="this encoder has no classes"):
        ConditionedSeparation(nameless, guidance=GuidedCrossEntropy())
