"""A separator as a graph: its bases as convolutions, its network as plain PyTorch, for waves of any length."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.nn import functional

from lightning_sepcl.deploy.graph_features import waves_of
from lightning_sepcl.errors import UserError
from lightning_sepcl.separation.base import Separator
from lightning_sepcl.separation.basis import Basis
from lightning_sepcl.separation.itdcnpp import ITDCNpp
from lightning_sepcl.separation.learned_basis import LearnedBasis
from lightning_sepcl.separation.stft_basis import STFTBasis
from lightning_sepcl.separation.tdcnpp import TDCNpp


class GraphBasis(nn.Module):
    """A basis as a strided convolution there and a transposed one back; complex coefficients as two real parts.

    So many zeros stand behind every wave that the convolution's own rounding down of its count of frames comes to what
    the basis counts: hop - 1 where frames must cover the wave, window - 1 where a frame starts at every hop.

    Args:
        basis: learned or STFT.
    """

    there: Tensor
    back: Tensor

    def __init__(self, basis: Basis) -> None:
        super().__init__()
        self.hop, self.lead, self.bins = basis.hop_samples, basis.lead, basis.bins
        self.is_complex = isinstance(basis, STFTBasis)
        if isinstance(basis, STFTBasis):
            self.tail, self.least = basis.window_samples - 1, 1
            there, back = _fourier(basis)
        elif isinstance(basis, LearnedBasis):
            self.tail, self.least = basis.hop_samples - 1, max(1, basis.window_samples - basis.lead)
            there, back = basis.encoder, basis.decoder
        else:
            raise UserError(f"{type(basis).__name__} cannot be exported as a graph: export --to safetensors")
        self.register_buffer("there", there.detach().float()[:, None].clone())
        self.register_buffer("back", back.detach().float()[:, None].clone())

    def encode(self, wave: Tensor) -> Tensor:
        """(batch, signal, sample) -> (batch, signal, part, frame)."""
        padded = functional.pad(wave, (self.lead, self.tail))
        parts = functional.conv1d(padded.reshape(-1, 1, padded.shape[2]), self.there, stride=self.hop)
        parts = parts.reshape(wave.shape[0], wave.shape[1], self.there.shape[0], -1)
        return parts if self.is_complex else parts.relu()

    def magnitude(self, parts: Tensor) -> Tensor:
        """(batch, signal, bin, frame)."""
        if not self.is_complex:
            return parts
        real, imaginary = parts.chunk(2, 2)
        return (real.square() + imaginary.square()).sqrt()

    def decode(self, parts: Tensor) -> Tensor:
        """(batch, source, part, frame) -> (batch, source, sample), with what was padded behind the wave."""
        rows = parts.reshape(-1, self.back.shape[0], parts.shape[3])
        wave = functional.conv_transpose1d(rows, self.back, stride=self.hop)[..., self.lead :]
        return wave.reshape(parts.shape[0], parts.shape[1], -1)


class GraphTDCNpp(nn.Module):
    """A `TDCNpp` between such bases: (batch, signal, sample) -> (batch, source, sample)."""

    def __init__(self, separator: TDCNpp) -> None:
        super().__init__()
        if separator.conditioning is not None:
            raise UserError("a conditioned separator cannot be exported as a graph: export --to safetensors")
        self.separator, self.basis = copy.deepcopy(separator), GraphBasis(separator.basis)
        self.separator.core.fast = False  # a graph holds plain operations

    def forward(self, wave: Tensor) -> Tensor:
        """The sources; of several signals the first is the mixture."""
        network, parts = self.separator, self.basis.encode(wave)
        core = network.core(network.feature_norm(self.basis.magnitude(parts)).flatten(1, 2))
        masks = network.masks(core)
        masks = torch.cat([masks, masks], 2) if self.basis.is_complex else masks
        estimates = self.basis.decode(masks * parts[:, :1])[..., : wave.shape[2]]
        consistent: Tensor = network.consistency(estimates, wave[:, :1], core)
        return consistent


class GraphSeparator(nn.Module):
    """A separator as a graph: (batch, sample) -> (batch, source, sample).

    Args:
        separator: a `TDCNpp`, or the chain of an `ITDCNpp`.

    Attributes:
        least: samples that a wave must have.
    """

    def __init__(self, separator: Separator) -> None:
        super().__init__()
        chain = list(separator.iterations) if isinstance(separator, ITDCNpp) else [separator]
        self.chain = nn.ModuleList()
        for stage in chain:
            if not isinstance(stage, TDCNpp):
                raise UserError(f"{type(stage).__name__} cannot be exported as a graph: export --to safetensors")
            self.chain.append(GraphTDCNpp(stage))
        self.least = max(stage.basis.least for stage in self.chain if isinstance(stage, GraphTDCNpp))

    def forward(self, wave: Tensor) -> Tensor:
        """The sources."""
        mixture = wave[:, None]
        estimates: Tensor = self.chain[0](mixture)
        for stage in list(self.chain)[1:]:
            estimates = stage(torch.cat([mixture, estimates], 1))
        return estimates


def _fourier(basis: STFTBasis) -> tuple[Tensor, Tensor]:
    """Windowed waves there, and those of the inverse transform back: real parts, then imaginary ones."""
    size, window = basis.fft_samples, basis.window_samples
    waves = waves_of(size, window, slice(None))
    twice = torch.full((basis.bins, 1), 2.0, dtype=torch.float64)
    twice[0] = twice[-1] = 1.0  # the constant and the highest frequency stand for themselves alone
    analysis, synthesis = basis.analysis.double(), basis.synthesis.double()
    return waves * analysis, waves * torch.cat([twice, twice]) / size * synthesis
