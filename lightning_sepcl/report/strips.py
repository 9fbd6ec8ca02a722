"""Spectrograms without axes, wide and low, for players: all of a group in one scale of colours."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from matplotlib import image
from numpy.typing import NDArray

from lightning_sepcl.report.drawing import HEAT
from lightning_sepcl.report.separation_picture import RANGE_DB, spectrogram

COLUMNS, ROWS_PER_BAND = 480, 2
QUALITY = 85


def strips(waves: Sequence[Float[NDArray[Any], " sample"]], sample_rate: int) -> list[bytes]:
    """A JPEG for each wave, up to 480 pixels wide and 128 high; from the loudest point of all down to 60 dB below.

    Args:
        waves: full scale 1, at least one.
        sample_rate: Hz, of all.
    """
    seen = [spectrogram([wave], len(wave), sample_rate, COLUMNS).power for wave in waves]
    loudest = max(float(power.max()) for power in seen) or 1.0
    return [_picture(power / loudest) for power in seen]


def _picture(power: Float[NDArray[Any], "band column"]) -> bytes:
    level = 10 * np.log10(np.maximum(power, 10 ** (-RANGE_DB / 10)))
    buffer = io.BytesIO()
    image.imsave(
        buffer, np.repeat(level, ROWS_PER_BAND, axis=0), vmin=-RANGE_DB, vmax=0, cmap=HEAT, origin="lower",
        format="jpg", pil_kwargs={"quality": QUALITY},
    )  # fmt: skip
    return buffer.getvalue()
