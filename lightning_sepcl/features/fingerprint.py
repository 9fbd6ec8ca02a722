"""What a feature does to sound, in a few hundred numbers: weights belong to the front end they were trained on.

The numbers are the feature of one fixed wave, so that they speak for any plugin, whatever its settings are called.
"""

from __future__ import annotations

import copy
import inspect
import math
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Float, Float32
from torch import Tensor

from lightning_sepcl.errors import UserError
from lightning_sepcl.features.base import Feature

KEY = "front_end"
"""Of a checkpoint: the fingerprint as plain values and a tensor."""
VALUES = 512
TOLERANCE = 1e-3
"""Of the values' own spread, by which they may differ. Rounding moves log-mel features of the probe by 1e-5 of it, a
window that is one sample longer by 0.01."""
MOST_MICROPHONES = 8


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """A front end, as far as the encoder notices it.

    Attributes:
        name: class of the feature.
        sample_rate: Hz.
        channels: feature channels.
        bins: size of the frequency axis.
        frame_rate: frames per second.
        standardised: whether mean and deviation are taken out.
        settings: arguments of the class that it keeps under their own names, where they are plain values.
        values: features of the probe, spread evenly over channels, bins and frames; empty where the probe could not be
            used.
    """

    name: str
    sample_rate: int
    channels: int
    bins: int
    frame_rate: float
    standardised: bool
    settings: dict[str, Any]
    values: Float32[Tensor, " value"]

    def __str__(self) -> str:
        channels = f"{self.channels} channel{'s' if self.channels != 1 else ''}"
        bins = f"{self.bins} bin{'s' if self.bins != 1 else ''}"
        rate = f"{self.frame_rate:.6g} frames a second"
        raw = "" if self.standardised else ", not standardised"
        return f"{self.name} at {self.sample_rate} Hz ({channels}, {bins}, {rate}{raw})"


@torch.no_grad()  # type: ignore[untyped-decorator]
def fingerprint(
    feature: Feature, sample_rate: int, standardised: bool, state: Mapping[str, Tensor] | None = None
) -> Fingerprint:
    """The fingerprint of a feature that knows its sample rate; the feature stays as it is.

    Args:
        feature: `prepare` was called.
        sample_rate: Hz.
        standardised: whether mean and deviation are taken out behind it.
        state: weights that a copy of the feature takes on first, for features that learn; None: those it has.
    """
    twin = copy.deepcopy(feature).cpu().eval()  # on the CPU, so that the device changes nothing
    if state is not None:
        twin.load_state_dict(state)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # for features that dither
        values = _probed(twin, sample_rate)
    frame_rate = float(feature.frame_rate)
    shape = (int(sample_rate), int(feature.channels), int(feature.bins), frame_rate)
    return Fingerprint(type(feature).__name__, *shape, standardised, _settings(feature), values)


def difference(there: Fingerprint, here: Fingerprint) -> str | None:
    """A sentence on how the front end of a checkpoint differs from that of an experiment; None if it does not.

    The class may have another name, and settings may be written differently, where the features come out the same.
    """
    changed = [
        f"{name} was {there.settings[name]!r} and is {here.settings[name]!r}"
        for name in there.settings
        if name in here.settings and there.settings[name] != here.settings[name]
    ]
    told = f" ({'; '.join(changed)})" if changed and there.name == here.name else ""
    if _shape(there) != _shape(here) or not math.isclose(there.frame_rate, here.frame_rate, rel_tol=1e-6):
        return f"the checkpoint was trained with {there}, this experiment has {here}{told}"
    if _alike(there.values, here.values):
        return None
    if there.name != here.name:
        return f"the checkpoint was trained with {there}, this experiment has {here}, which gives other values"
    why = told or ": its code, or a setting that it does not show, has changed"
    return f"the checkpoint was trained with {there} and this experiment has the same, but its values differ{why}"


def sign(checkpoint: MutableMapping[str, Any], feature: Feature, sample_rate: int, standardised: bool) -> None:
    """Write the fingerprint into a checkpoint, as plain values and a tensor that a weights-only loader accepts."""
    checkpoint[KEY] = asdict(fingerprint(feature, sample_rate, standardised))


def refuse_another(
    checkpoint: Mapping[str, Any], feature: Feature, sample_rate: int, standardised: bool, prefix: str
) -> None:
    """Compare a checkpoint's fingerprint with that of a feature, which first takes on its own weights from there.

    Args:
        checkpoint: as it was read.
        feature: of the experiment that is to take the checkpoint's weights.
        sample_rate: Hz.
        standardised: whether mean and deviation are taken out behind it.
        prefix: how the names of the feature's weights begin in the checkpoint's `state_dict`.

    Raises:
        UserError: another front end, or the checkpoint does not say which it was.
    """
    if KEY not in checkpoint:
        raise UserError("the checkpoint does not say which front end it was trained with: train anew")
    there, kept = Fingerprint(**checkpoint[KEY]), checkpoint.get("state_dict", {})
    state = {k.removeprefix(prefix): v for k, v in kept.items() if k.startswith(prefix)}
    fits = {k: v.shape for k, v in feature.state_dict().items()} == {k: v.shape for k, v in state.items()}
    here = fingerprint(feature, sample_rate, standardised, state if fits else None)
    if told := difference(there, here):
        raise UserError(f"{told}; take the checkpoint's front end, or train anew")


def probe(microphones: int, samples: int) -> Float32[Tensor, "1 {microphones} {samples}"]:
    """A wave that no two features see alike, in closed form: a chirp up to half the sample rate and noise, both falling
    by 40 dB, clicks, and silence at the end; every further microphone hears it three samples later and quieter.

    >>> probe(2, 16000).abs().amax(-1)
    tensor([[0.3548, 0.2365]])
    """
    rows = []
    for microphone in range(microphones):
        at = (torch.arange(samples) - 3 * microphone).clamp(min=0)
        level = 10 ** (-2 * at.double() / samples)
        chirp = 0.3 * torch.cos(torch.pi / 2 * (at * at).double() / samples)
        noise = 0.02 * (_scrambled(at).double() / PRIME - 0.5)
        clicks = 0.2 * (at % max(1, samples // 7) == 100).double()
        wave = level * (chirp + noise + clicks) * (at < samples * 9 // 10)
        rows.append(wave / (1 + microphone / 2))
    return torch.stack(rows)[None].float()


PRIME = 65537


def _scrambled(number: Tensor) -> Tensor:
    """Whole numbers below PRIME, without any order the ear would notice; integers alone, so the same everywhere."""
    n = (number * 7919 + 12345) % PRIME
    return n * n % PRIME * n % PRIME


def _probed(feature: Feature, sample_rate: int) -> Float32[Tensor, " value"]:
    """Features of about a second of the probe, thinned out."""
    samples = max(sample_rate, feature.num_samples(2))
    for microphones in dict.fromkeys([feature.channels, *range(1, MOST_MICROPHONES + 1)]):
        try:
            made: Tensor = feature(probe(microphones, samples)).float().flatten()
        except Exception:  # a feature does not say how many microphones it takes; what it raises is its own affair
            continue
        return made[torch.linspace(0, len(made) - 1, min(VALUES, len(made)), dtype=torch.float64).round().long()]
    return torch.zeros(0)


def _alike(a: Float[Tensor, " a"], b: Float[Tensor, " b"]) -> bool:
    """Whether two fingerprints' values differ by no more than rounding does."""
    if a.shape != b.shape:
        return False
    if not len(a):
        return True
    spread = float(a.double().std(correction=0)) or float(a.abs().max()) or 1.0
    return bool(torch.allclose(a, b, rtol=0.0, atol=TOLERANCE * spread, equal_nan=True))


def _shape(print_: Fingerprint) -> tuple[int, int, int, bool]:
    return print_.sample_rate, print_.channels, print_.bins, print_.standardised


def _settings(feature: Feature) -> dict[str, Any]:
    kept = ((name, getattr(feature, name, ...)) for name in inspect.signature(type(feature)).parameters)
    return {name: value for name, value in kept if _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, bool | int | float | str)
