"""Evaluation of two overlapping sources: mean average precision of the classes, error of both azimuths."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.evaluation.azimuth_error import azimuth_error, azimuth_of
from lightning_sepcl.evaluation.event_localisation import WHAT, EventLocalisationEvaluation
from lightning_sepcl.records import Result

CHANCE_PAIR_DEG = 71.2
"""Mean error of two guesses that know nothing, in the better order; by four million draws."""


class TwoSourceLocalisationEvaluation(EventLocalisationEvaluation):
    """Judges predictions: `classes` (n, class) scores and `azimuth` (n, 4), two directions, from `test_step`.

    The figures are `event_map` and `azimuth_error`: the mean of the absolute errors of both azimuths in degrees around
    the circle, in the better of the two orders. Clips with one source do not count for it.

    Args:
        multi_label: whether a clip may have any number of classes.
        seed: of the run, for the record.
    """

    def __init__(self, multi_label: bool = True, seed: int = 0) -> None:
        super().__init__(None, multi_label, seed)

    def _azimuth_results(self, found: dict[str, Tensor]) -> list[Result]:
        if found["direction"].shape[1] < 6:
            return []
        true = found["direction"][:, :6:3]
        known = true.isfinite().all(1)
        if not bool(known.any()):
            return []
        error = pair_error(found["azimuth"].float()[known], true[known])
        phrase = "mean absolute circular error of both in degrees, better order, linear layer, mean over windows"
        n = int(known.sum())
        return [Result(WHAT, "azimuth_error", float(error.mean()), CHANCE_PAIR_DEG, n, phrase, self.seed)]


def pair_error(guess: Float[Tensor, "n 4"], azimuth_deg: Float[Tensor, "n 2"]) -> Float[Tensor, " n"]:
    """Degrees: the mean over two sources of how far the guessed azimuths lie from them, in the better order."""
    one, other = (azimuth_of(point) for point in (guess[:, :2], guess[:, 2:]))
    first, second = azimuth_deg.unbind(1)
    straight = azimuth_error(one, first) + azimuth_error(other, second)
    crossed = azimuth_error(one, second) + azimuth_error(other, first)
    return torch.minimum(straight, crossed) / 2
