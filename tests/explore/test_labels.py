"""Labels over time: block by block they are those of the whole wave, and spans are where a class is heard."""

import numpy as np
import pytest
import soundfile as sf
import torch

from lightning_sepcl.explore import labels as module
from lightning_sepcl.explore.labels import LabelTracks, Span, _OpenSpans, frame_logits, label_file
from tests.fakes.classifier import LABELS, small_classifier


@pytest.mark.parametrize("block", [500, 4000, 100_000])
@pytest.mark.parametrize("samples", [300, 16000, 61234])
def test_block_by_block_is_the_whole_wave(block, samples, monkeypatch):
    monkeypatch.setattr(module, "FRAMES_AT_ONCE", 7)
    wave = 0.1 * torch.randn(samples, generator=torch.Generator().manual_seed(0))
    classifier = small_classifier(10)
    found = torch.cat(list(frame_logits(classifier, wave.split(block))), 1)
    torch.testing.assert_close(found, classifier(wave[None])[0], atol=1e-4, rtol=1e-3)


def test_a_class_is_heard_from_where_it_rises_to_where_it_falls():
    spans, probabilities = _OpenSpans(("a", "b"), 0.5), [(0.625, 0.0), (0.75, 0.0), (0.25, 0.6875), (0.5, 0.6875)]
    ended = [s for i, p in enumerate(probabilities) for s in spans.add(np.array(p, np.float32), float(i))]
    assert ended == [Span("a", 0.0, 2.0, 0.75)]
    assert sorted(spans.end(4.0), key=lambda s: s.label) == [
        Span("a", 3.0, 4.0, 0.5),
        Span("b", 2.0, 4.0, 0.6875),
    ]


def test_a_file_of_another_rate_has_labels_in_its_own_seconds(tmp_path):
    wave = 0.1 * np.random.default_rng(0).standard_normal(44100 * 2)
    sf.write(tmp_path / "a.wav", wave, 44100)
    found = label_file(small_classifier(10), tmp_path / "a.wav", 32000, 0.01)
    assert found.seconds == 2.0
    assert found.classes == LABELS
    assert found.probability.shape == (3, 21)
    assert ((found.probability >= 0) & (found.probability <= 1)).all()
    assert all(0 <= span.start <= span.end <= 2.0 for span in found.spans)
    assert found.spans


def test_the_loudest_come_first():
    tracks = LabelTracks(("a", "b", "c"), np.array([[0.1, 0.2], [0.9, 0.0], [0.3, 0.4]], np.float32), 1.0, ())
    assert [label for label, _ in tracks.loudest(2)] == ["b", "c"]
