"""The oracle binary mask: every coefficient of the mixture given to the source that is loudest there.

It knows the answer, so it is no separator: it shows how far masking coefficients of this size can come.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from lightning_sepcl.separation.stft_basis import STFTBasis


def oracle_binary_mask(
    mixture: Float[Tensor, "batch sample"],
    reference: Float[Tensor, "batch source sample"],
    window_samples: int = 512,
    hop_samples: int = 128,
) -> Float[Tensor, "batch source sample"]:
    """The estimates of the best binary mask on the STFT, as if the sources were known.

    Where several sources are equally loud each of them gets the coefficient; else the estimates sum to the mixture.
    A silent source gets nothing, except where all are silent.

    Args:
        mixture: what is masked.
        reference: the isolated sources.
        window_samples: 512 is 32 ms at 16 kHz, as in the FUSS evaluation; the conditioned-separation paper's
            networks use 80 (5 ms).
        hop_samples: samples from frame to frame; 128 and 40 there.

    Source: the published code of Wisdom et al. 2021; I. Kavalerov et al., Universal Sound Separation, WASPAA 2019.
    """
    basis = STFTBasis(window_samples, hop_samples, zero_beginning=True).to(mixture.device)
    loudness = basis.encode(reference).abs()
    mask = loudness == loudness.amax(1, keepdim=True)
    return basis.decode(mask * basis.encode(mixture).unsqueeze(1), mixture.shape[-1])
