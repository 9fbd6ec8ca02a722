"""Separates recordings of any length in overlapping chunks, which are put in one order of channels and cross-faded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from lightning_sepcl.errors import UserError
from lightning_sepcl.objectives.pit import MOST, best_permutation
from lightning_sepcl.separation.base import Separator


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some consecutive samples of a recording.

    Attributes:
        wave: (sample,), as recorded.
        channels: (source, sample), what the separator makes of them; on the wave's device.
    """

    wave: Tensor
    channels: Tensor


def separate_wave(
    separator: Separator, wave: Float[Tensor, " sample"], chunk_samples: int, overlap_samples: int
) -> Float[Tensor, "source sample"]:
    """The channels of a recording, separated chunk by chunk, without gradient.

    A recording up to a chunk long is separated whole. In a longer one every chunk is as long as all others; the last
    one ends where the recording ends and overlaps its neighbour by more. Each chunk's channels are brought into the
    order of the chunk before (`matching_order`), then both are cross-faded by weights that sum to 1: where the
    separator's channels sum to the recording, so do these.

    A separator that normalises by statistics of the clip takes them from each chunk: the result depends on the chunk's
    length, and is best near the length it was trained on.

    Args:
        separator: in evaluation mode, on the device that is to do the work.
        wave: full scale 1, at the separator's sample rate.
        chunk_samples: length of a chunk.
        overlap_samples: shared by neighbouring chunks, above 0 and at most half a chunk.

    Raises:
        ValueError: a chunk or an overlap that is no such number, or an empty wave.
        UserError: as `separated_stretches`.
    """
    if not len(wave):
        raise ValueError("separate_wave: the wave is empty")
    stretches = separated_stretches(separator, [wave], chunk_samples, overlap_samples)
    return torch.cat([stretch.channels for stretch in stretches], 1)


def separated_stretches(
    separator: Separator, blocks: Iterable[Float[Tensor, " _"]], chunk_samples: int, overlap_samples: int
) -> Iterator[Stretch]:
    """`separate_wave` for a recording that arrives in blocks; put together, the stretches are the whole recording.

    No more is held than a block, a chunk and the chunk's channels. Arguments are those of `separate_wave`.

    Raises:
        ValueError: a chunk or an overlap that is no such number.
        UserError: channels that are not finite, or more than 8 of them in a recording longer than a chunk.
    """
    if not 0 < 2 * overlap_samples <= chunk_samples:
        raise ValueError(
            f"chunks of {chunk_samples} samples cannot overlap by {overlap_samples}: "
            "the overlap must be above 0 and at most half a chunk"
        )
    hop = chunk_samples - overlap_samples
    wave, done = torch.zeros(0), 0  # the end of what has arrived, and how much of that has been given
    before: Tensor | None = None  # channels that wait for the next chunk's, to be cross-faded with them
    for block in blocks:
        wave = torch.cat([wave.to(block), block])
        while len(wave) > done + chunk_samples:  # more to come behind the chunk, so it is not the last one
            channels = _joined(before, _channels(separator, wave[done : done + chunk_samples]))
            yield Stretch(wave[done : done + hop], channels[:, :hop])
            before, done = channels[:, hop:], done + hop
        known = max(0, min(done, len(wave) - chunk_samples))  # the last chunk begins no earlier
        wave, done = wave[known:].clone(), done - known
    if len(wave):
        start = max(0, len(wave) - chunk_samples)
        last = _channels(separator, wave[start:])[:, done - start :]
        yield Stretch(wave[done:], _joined(before, last))


def matching_order(
    before: Float[Tensor, "source sample"], channels: Float[Tensor, "source sample"]
) -> Int64[Tensor, " source"]:
    """The order that makes `channels` most like `before`: the largest sum of the pairs' inner products.

    Since the order does not change the channels' energies, the squared difference that is left is the smallest, too.
    Silence looks like anything: it stays in the order it has.

    Raises:
        UserError: more than 8 sources.
    """
    if len(before) > MOST:
        raise UserError(
            f"the channels of chunks are matched for up to {MOST} sources, this separator makes {len(before)}: "
            "choose a chunk as long as the recording"
        )
    double = torch.float32 if before.device.type == "mps" else torch.float64
    likeness = before.to(double) @ channels.to(double).mT
    return best_permutation(-likeness[None])[0]


@torch.no_grad()
def _channels(separator: Separator, wave: Float[Tensor, " sample"]) -> Float[Tensor, "source sample"]:
    device = next((parameter.device for parameter in separator.parameters()), wave.device)
    channels: Tensor = separator(wave[None, None].to(device))[0]
    if not channels.isfinite().all():
        raise UserError("the separator gives channels that are not finite: did its training go well?")
    return channels.to(wave.device)


def _joined(
    before: Float[Tensor, "source overlap"] | None, channels: Float[Tensor, "source sample"]
) -> Float[Tensor, "source sample"]:
    """The channels in the order of those before, and faded in over them."""
    if before is None:
        return channels
    overlap = before.shape[1]
    ordered = channels[matching_order(before, channels[:, :overlap])]
    # Half a period of a cosine: next to nothing of a chunk's very edge, where it knows only one side, is heard.
    phase = (torch.arange(overlap, device=before.device) + 0.5) * (torch.pi / overlap)
    weight = 0.5 - 0.5 * phase.cos()
    seam = (1 - weight) * before + weight * ordered[:, :overlap]
    return torch.cat([seam, ordered[:, overlap:]], 1)
