"""A plane in which neighbours stay neighbours: t-SNE of a collection, for tens of thousands of rows on a processor.

Source: van der Maaten & Hinton 2008, "Visualizing Data using t-SNE". What its first version left open is set as in
Kobak & Berens 2019, "The art of using t-SNE for single-cell transcriptomics": begun from the principal plane, which
keeps large distances in order and needs no luck, and a learning rate of n / 12 (Belkina et al. 2019), which is n / 48
here: their gradient lacks the factor 4.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float
from numpy.typing import NDArray

from lightning_sepcl.explore.affinities import Affinities
from lightning_sepcl.explore.repulsion import repulsion

Array = NDArray[Any]

EXAGGERATION = 12.0
EXAGGERATED_STEPS, STEPS = 250, 750
"""Steps with affinities exaggerated, and all steps."""
LEAST_RATE = 50.0
MOMENTUM = (0.5, 0.8)
"""During and after exaggeration."""
LEAST_GAIN = 0.01
FIRST_DEVIATION = 1e-4
JITTER = 1e-6
"""Parts copies of one sound a little, so that they are pushed beside each other."""


def tsne(
    affinities: Affinities,
    plane: Float[Array, "row 2"],
    seed: int = 0,
    tell: Callable[[float], None] = lambda share: None,
) -> Float[Array, "row 2"]:
    """Places of all rows, centred at 0; the same bits for the same input on the same machine.

    Args:
        affinities: between the rows.
        plane: places to begin from, of any scale.
        seed: of the jitter that parts equal rows.
        tell: called after every step with the share that is done.
    """
    deviation = max(float(plane[:, 0].std()), 1e-12)
    jitter = np.random.default_rng(seed).normal(size=plane.shape)
    y = plane * (FIRST_DEVIATION / deviation) + JITTER * jitter
    rate = max(affinities.count / (4 * EXAGGERATION), LEAST_RATE)
    update, gain = np.zeros_like(y), np.ones_like(y)
    for step in range(STEPS):
        early = step < EXAGGERATED_STEPS
        slope = gradient(affinities, y, EXAGGERATION if early else 1.0)
        gain = np.maximum(np.where(slope * update < 0, gain + 0.2, gain * 0.8), LEAST_GAIN)
        update = MOMENTUM[not early] * update - rate * gain * slope
        y = y + update
        y = y - y.mean(0)
        tell((step + 1) / STEPS)
    return y


def gradient(affinities: Affinities, y: Float[Array, "row 2"], exaggeration: float = 1.0) -> Float[Array, "row 2"]:
    """Of the Kullback-Leibler divergence between the affinities and those of the plane: its equation 5."""
    pulled = _pull(affinities, y)
    push, total = repulsion(y)
    return 4 * (exaggeration * pulled - push / total)


def _pull(affinities: Affinities, y: Float[Array, "row 2"]) -> Float[Array, "row 2"]:
    """Sums over neighbours: of p (y_i - y_j) / (1 + d²)."""
    apart = y[affinities.rows] - y[affinities.columns]
    weight = affinities.values / (1 + (apart * apart).sum(1))
    return np.stack([np.bincount(affinities.rows, weight * a, affinities.count) for a in apart.T], 1)
