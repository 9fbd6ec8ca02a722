"""Embeddings of whole clips from an encoder that hears a window at a time."""

from __future__ import annotations

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor
from torch.nn import functional


def embed_in_windows(
    wave: Float[Tensor, "clip mic sample"],
    window: int | None,
    least: int,
    embed: Callable[[Tensor], dict[str, Tensor]],
) -> dict[str, Float[Tensor, "clip _"]]:
    """Embeddings of windows side by side, L2-normalised and averaged; of a single window as they are.

    Clips shorter than a window are padded with zeros; what is left at a clip's end is not heard.

    Args:
        wave: clips of equal length, full scale 1.
        window: samples; None: the whole clip at once.
        least: the fewest samples that the encoder may be given.
        embed: (n, mic, sample) -> name -> (n, dim).
    """
    window = max(wave.shape[-1] if window is None else window, least)
    wave = functional.pad(wave, (0, max(0, window - wave.shape[-1])))
    pieces = wave.unfold(-1, window, window).movedim(2, 1)  # (clip, piece, mic, sample)
    out = {}
    for name, rows in embed(pieces.flatten(0, 1)).items():
        h = rows.float().reshape(*pieces.shape[:2], -1)
        out[name] = h[:, 0] if h.shape[1] == 1 else functional.normalize(h, dim=-1).mean(1)
    return out
