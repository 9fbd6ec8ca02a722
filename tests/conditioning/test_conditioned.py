"""Conditioned separators: what each stage is told, where the gradient goes, and files that hold all of it."""

import pytest
import torch

from lightning_sepcl.conditioning import ConditionedITDCNpp, ConditionedTDCNpp, load_any, save_any, soft_or
from lightning_sepcl.conditioning.conditioned import logits_of
from lightning_sepcl.conditioning.semantic import all_signals, mean_in_probability
from lightning_sepcl.errors import UserError
from lightning_sepcl.records import FrameEmbedding
from lightning_sepcl.separation import STFTBasis, TDCNpp
from lightning_sepcl.separation.saved import load_separator
from tests.fakes.classifier import small_classifier

SMALL = {"bottleneck": 6, "hidden": 8, "repeats": 2, "blocks": 2, "width": 5}
KINDS = {"single": ConditionedTDCNpp, "iterative": ConditionedITDCNpp}


def separator(kind="single", fine_tuned=0, classifier=None, **settings):
    torch.manual_seed(0)
    made = KINDS[kind](
        classifier or small_classifier(20, fine_tuned), basis=STFTBasis(80, 40, True), **SMALL | settings
    )
    return made.eval()


def waves(clips=2, samples=8000, sources=2):
    sources = 0.1 * torch.randn(clips, sources, samples, generator=torch.Generator().manual_seed(3))
    return sources.sum(1, keepdim=True), sources


def test_the_mixtures_embedding_conditions_a_single_one():
    net, (mixture, _) = separator(), waves()
    heard = net.classifier(mixture[:, 0])
    stage = net.passes(mixture)[0]
    torch.testing.assert_close(stage.mixture, heard)
    torch.testing.assert_close(stage.estimates, TDCNpp.forward(net, mixture, FrameEmbedding(heard, 3200)))
    assert stage.sources is None


def test_a_time_average_is_one_frame():
    net, (mixture, _) = separator(time_average=True), waves()
    values = mean_in_probability(net.classifier(mixture[:, 0]))
    torch.testing.assert_close(net(mixture), TDCNpp.forward(net, mixture, FrameEmbedding(values, 3200)))


@pytest.mark.parametrize("embedding", ["oracle_all", "oracle_soft_or"])
def test_oracles_hear_the_clean_sources(embedding):
    net, (mixture, sources) = separator(embedding=embedding), waves()
    clean = logits_of(net.classifier, sources)
    heard = net.classifier(mixture[:, 0])
    values = soft_or(clean) if embedding == "oracle_soft_or" else all_signals(heard, clean)
    expected = TDCNpp.forward(net, mixture, FrameEmbedding(values, 3200))
    torch.testing.assert_close(net(mixture, sources), expected)
    with pytest.raises(ValueError, match="needs the 2 clean sources of every clip and was given none"):
        net(mixture)
    with pytest.raises(ValueError, match="was given 3"):
        net(mixture, sources[:, [0, 1, 1]])


@pytest.mark.parametrize("embedding", ["all", "soft_or"])
def test_the_second_stage_hears_mixture_and_first_estimates(embedding):
    net, (mixture, _) = separator("iterative", embedding=embedding), waves()
    with torch.no_grad():
        for parameter in net.second_classifier.head.parameters():
            parameter += 0.3  # from here on the two classifiers differ
        first, second = net.passes(mixture)
        heard = net.second_classifier(mixture[:, 0])
        of_first = logits_of(net.second_classifier, first.estimates)
        values = soft_or(of_first) if embedding == "soft_or" else all_signals(heard, of_first)
        told = FrameEmbedding(values, 3200)
        expected = net.iterations[1](torch.cat([mixture, first.estimates], 1), told)
    torch.testing.assert_close(second.estimates, expected, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(second.mixture, heard, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(second.sources, of_first, atol=1e-5, rtol=1e-4)
    assert (first.mixture - second.mixture).abs().max() > 0.1
    torch.testing.assert_close(net.stages(mixture)[1], second.estimates)


@pytest.mark.parametrize(
    ("settings", "reaches"),
    [({}, "both"), ({"classifier_gradient": False}, "network"), ({"stop_gradient": True}, "nothing")],
)
def test_the_second_loss_reaches_the_first_stage_where_it_may(settings, reaches):
    net, (mixture, _) = separator("iterative", fine_tuned=1, **settings), waves()
    net.passes(mixture)[1].estimates[:, 0].square().sum().backward()
    first = [p.grad for p in net.iterations[0].parameters()]
    assert any(g is not None and g.any() for g in first) is (reaches != "nothing")
    assert all(p.grad.any() for p in net.second_classifier.head.parameters())
    assert all(p.grad is None for p in net.second_classifier.parameters() if not p.requires_grad)


def test_the_way_through_the_classifier_changes_the_gradient():
    grads = []
    for through in (True, False):
        net, (mixture, _) = separator("iterative", classifier_gradient=through), waves()
        net.passes(mixture)[1].estimates[:, 0].square().sum().backward()
        grads.append(net.iterations[0].mask.weight.grad)
    assert (grads[0] - grads[1]).abs().max() > 1e-9


def test_the_classifiers_are_copies_that_train_apart():
    net = separator("iterative", fine_tuned=3)
    pairs = list(zip(net.classifier.parameters(), net.second_classifier.parameters(), strict=True))
    assert all(torch.equal(a, b) and a is not b and a.requires_grad == b.requires_grad for a, b in pairs)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("settings", [{}, {"layers": "all", "combination": "gate", "activation": "trainable_sigmoid"}])
def test_a_file_holds_everything(kind, settings, tmp_path):
    net, (mixture, _) = separator(kind, **settings), waves()
    save_any(tmp_path / "net.safetensors", net)
    before = torch.get_rng_state()
    loaded = load_any(tmp_path / "net.safetensors")
    assert torch.equal(before, torch.get_rng_state())
    with torch.no_grad():
        assert torch.equal(loaded(mixture), net(mixture))
    assert loaded.classifier.classes == net.classifier.classes
    assert not any(p.requires_grad for p in loaded.parameters())


def test_plain_separators_are_saved_as_ever_and_damage_is_told(tmp_path):
    plain = TDCNpp(2, STFTBasis(80, 40), bottleneck=4, hidden=4, repeats=1, blocks=1)
    save_any(tmp_path / "plain.safetensors", plain)
    assert type(load_any(tmp_path / "plain.safetensors")) is TDCNpp
    with pytest.raises(UserError, match=r"no separator .*absent"):
        load_any(tmp_path / "absent.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"no")
    with pytest.raises(UserError, match="is no safetensors file, or it is damaged"):
        load_any(tmp_path / "bad.safetensors")


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="classifier is made for 8000 Hz, the separator for 16000 Hz"):
        separator(classifier=small_classifier(sample_rate=8000))
    nameless = small_classifier(classes=())
    with pytest.raises(ValueError, match="joins probabilities of classes, and this encoder has no classes"):
        separator(classifier=nameless, embedding="oracle_soft_or")
    assert separator(classifier=nameless, embedding="oracle_all").core.conditioning.channels == 30


def test_an_encoder_without_classes_is_averaged_as_it_is():
    net, (mixture, _) = separator(classifier=small_classifier(20, classes=()), time_average=True), waves()
    values = net.classifier(mixture[:, 0]).mean(-1, keepdim=True)
    torch.testing.assert_close(net(mixture), TDCNpp.forward(net, mixture, FrameEmbedding(values, 3200)))


def test_what_reads_plain_separators_says_what_reads_conditioned_ones(tmp_path):
    save_any(tmp_path / "net.safetensors", separator())
    with pytest.raises(
        UserError, match=r"conditioned separator with a classifier in it: read it by .*load_any; for vi"
    ):
        load_separator(tmp_path / "net.safetensors")
