"""The classifier over time: the right patches in the right places, bounded memory, layers that may be trained."""

import pytest
import torch
from torch.nn import functional

from lightning_sepcl.conditioning import Description, PatchClassifier
from lightning_sepcl.conditioning import patch_classifier as module
from lightning_sepcl.errors import UserError
from tests.fakes.classifier import LABELS, LOG_MEL, description, small_classifier


def noise(clips=1, samples=48000):
    return 0.1 * torch.randn(clips, samples, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize(("hop", "frames"), [(1, 301), (10, 31), (48, 7)])
def test_three_seconds_have_the_papers_frames(hop, frames):
    classifier = small_classifier(hop)
    assert classifier.hop_samples == 160 * hop
    assert classifier.patches(noise()).shape == (1, frames, 1, 64, 96)


@pytest.mark.parametrize("samples", [1, 159, 160, 7801, 16000])
def test_every_length_has_a_frame_at_every_hop(samples):
    assert small_classifier(10)(noise(2, samples)).shape == (2, 3, 1 + samples // 1600)


def test_each_frame_is_its_patch_cut_out_and_classified_alone():
    """Slowly: patch k of the padded wave is samples k * hop ... + 15600, through feature, network and head."""
    classifier, wave = small_classifier(7), noise(2, 20000)
    padded = functional.pad(wave, (7800, 7800))
    with torch.no_grad():
        found = classifier(wave)
        for k in range(found.shape[-1]):
            piece = padded[:, None, k * 1120 : k * 1120 + 15600]
            alone = classifier.head(classifier.encoder(classifier.feature(piece)))
            torch.testing.assert_close(found[..., k], alone, atol=1e-4, rtol=1e-3)
    assert found.std(-1).min() > 0.01  # logits that all were their bias would agree with anything


def test_memory_is_bounded_by_patches_at_once(monkeypatch):
    classifier, wave, most = small_classifier(1), noise(3, 16000), []
    whole = classifier(wave)
    monkeypatch.setattr(module, "PATCHES_AT_ONCE", 20)
    classifier.encoder.register_forward_hook(lambda _, given, __: most.append(len(given[0])))
    torch.testing.assert_close(classifier(wave), whole, atol=1e-5, rtol=1e-4)
    assert max(most) <= 20


def test_beyond_the_ends_is_silence_and_not_zero_features():
    patch = small_classifier().patches(torch.zeros(1, 1600))[0, 0]
    torch.testing.assert_close(patch, torch.full_like(patch, -6.9078), atol=1e-3, rtol=0)


@pytest.mark.parametrize("last", [0, 1, 3])
def test_the_last_layers_alone_are_trained(last):
    classifier = small_classifier(40, last)
    classifier(noise(2, 16000)).square().sum().backward() if last else None
    layers = classifier.layers()
    assert [all(p.requires_grad for p in layer.parameters()) for layer in layers] == [
        k < last for k in range(len(layers))
    ]
    assert all((p.grad is not None) == p.requires_grad for p in classifier.parameters())


def test_the_papers_share_of_weights_in_the_last_three_layers():
    with torch.device("meta"):
        plain = Description(LOG_MEL, {"class": "MobileNet", "arguments": {}}, tuple(map(str, range(527))), 16000)
        classifier = PatchClassifier.__new__(PatchClassifier)
        torch.nn.Module.__init__(classifier)
        classifier.feature, classifier.encoder = plain.parts()
        classifier.head, classifier.classes = torch.nn.Linear(1024, 527), plain.classes
        classifier.fine_tune(3)
    assert sum(p.numel() for p in classifier.parameters()) == 3_735_631
    assert sum(p.numel() for p in classifier.parameters() if p.requires_grad) == 2_130_447


def test_it_always_works_as_in_evaluation():
    classifier = small_classifier(40, 3).train()
    before = {name: value.clone() for name, value in classifier.named_buffers()}
    classifier(noise(2, 16000))
    assert all(torch.equal(before[name], value) for name, value in classifier.named_buffers())
    assert not any(part.training for part in classifier.modules())


def test_silence_has_a_finite_gradient():
    wave = torch.zeros(1, 8000, requires_grad=True)
    small_classifier(40)(wave).sum().backward()
    assert wave.grad.isfinite().all()


def test_nothing_is_kept_where_nobody_asks_for_a_gradient():
    assert not small_classifier()(noise(1, 8000)).requires_grad
    assert small_classifier(fine_tuned=1)(noise(1, 8000)).requires_grad


@pytest.mark.parametrize(
    ("encoder", "arguments"),
    [("CNN14", {"width": 1 / 32}), ("SmallCNN", {"widths": [4, 8, 8, 8]}), ("ResNet18", {"width": 1 / 16})],
)
def test_any_encoder_gives_its_embedding(encoder, arguments):
    classifier = small_classifier(encoder={"class": encoder, "arguments": {"dim": 9, **arguments}}, classes=())
    assert (classifier.width, classifier.classes) == (9, ())
    wave = noise(2, 16000)
    assert classifier(wave).shape == (2, 9, 11)
    classifier.fine_tune(2)
    assert not classifier.layers()[-1].training


def test_another_hop_is_the_same_function_asked_at_other_times():
    classifier, wave = small_classifier(2, 1), noise(1, 16000)
    other = classifier.at_hop(10)
    torch.testing.assert_close(other(wave), classifier(wave)[..., ::5].detach(), atol=1e-5, rtol=1e-4)
    assert not any(p.requires_grad for p in other.parameters())


def test_what_does_not_fit_is_refused():
    with pytest.raises(ValueError, match="`hop_frames` is 0"):
        small_classifier(0)
    with pytest.raises(ValueError, match="`fine_tuned` is 9, it must be between 0 and the classifier's 6 layers"):
        small_classifier(fine_tuned=9)
    with pytest.raises(ValueError, match="has no encoder called os"):
        PatchClassifier(description(encoder={"class": "os", "arguments": {}}))
    with pytest.raises(ValueError, match="MobileNet does not take these arguments"):
        PatchClassifier(description(encoder={"class": "MobileNet", "arguments": {"depth": 3}}))


def test_other_classes_than_the_labels_are_told():
    classifier = small_classifier()
    classifier.refuse_other_classes(LABELS)
    with pytest.raises(UserError, match="3 classes, the labels name 3; they differ in rain, siren: train a classifier"):
        classifier.refuse_other_classes(("bell", "drum", "siren"))
    with pytest.raises(UserError, match="another order"):
        classifier.refuse_other_classes(LABELS[::-1])
