"""A PyTorch Lightning suite for learning audio representations and separating sound, with plugin augmentations."""

from __future__ import annotations

import os
from typing import Any

__version__ = "0.1.0"
__all__ = ["__version__", "load"]


def load(source: str | os.PathLike[str], **options: Any) -> Any:
    """A trained model ready to be used, or augmentations ready to be applied; without PyTorch Lightning.

    Args:
        source: a folder of `sepcl export` or `sepcl fit`; a .ckpt or .safetensors file; `user/name` on the Hugging
            Face hub; `augmentation:NAME` of the suite; a .yaml file that lists augmentations.
        options: `device` of a model; `revision` of a model on the hub; for augmentations `sample_rate` in Hz, `seed`
            (0), and for one by name its arguments.

    Returns:
        Encoder: `model(wave)` (batch, dim) and `model.frames(wave)` (batch, dim, frame) of waves (batch, sample).
        Classifier: `model(wave)`, logits of `model.classes`. Separator: `model(wave)` (batch, source, sample). All
        have a `sample_rate`, and take that of the waves, where it is another one, as `model(wave, 44100)`.
        Augmentations: `augment(wave)`, a changed copy.

    Raises:
        UserError: there is nothing of that name, or it cannot be used; the message says why.
    """
    from lightning_sepcl.deploy.loading import load  # torch is not imported before it is needed

    return load(source, **options)
