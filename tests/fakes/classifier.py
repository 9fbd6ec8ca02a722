"""Small classifiers with random weights, as conditioned separators are given them."""

from __future__ import annotations

import torch

from lightning_sepcl.conditioning.description import Description
from lightning_sepcl.conditioning.patch_classifier import PatchClassifier

LOG_MEL = {"class": "LogMel", "arguments": {"offset": 0.001}}
NARROW = {"class": "MobileNet", "arguments": {"blocks": [[1, 6], [2, 8], [1, 8], [2, 10]], "stem": 4}}
LABELS = ("bell", "drum", "rain")


def description(classes=LABELS, encoder=None, sample_rate=16000, **others):
    feature = LOG_MEL if sample_rate == 16000 else {"class": "LogMel", "arguments": {"high_hz": sample_rate / 2 - 100}}
    return Description(feature, encoder or NARROW, tuple(classes), sample_rate, **others)


def small_classifier(hop_frames=10, fine_tuned=0, seed=0, **described):
    """With logits that differ: running statistics and weights are set so that nothing collapses."""
    torch.manual_seed(seed)
    classifier = PatchClassifier(description(**described), hop_frames, fine_tuned)
    with torch.no_grad():
        for buffer in (b for name, b in classifier.named_buffers() if name.endswith("running_var")):
            buffer.fill_(0.3)
        for parameter in classifier.head.parameters():
            parameter.copy_(torch.randn_like(parameter))
    return classifier
