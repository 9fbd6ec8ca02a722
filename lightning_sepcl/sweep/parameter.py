"""One parameter of a sweep: a fixed value, a choice, or a distribution, as W&B's sweep files write them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

from lightning_sepcl.errors import UserError
from lightning_sepcl.ledger.errors import unknown_name

Spec = Mapping[str, Any]
Number = int | float


@dataclass(frozen=True, slots=True)
class Distribution:
    """How numbers are spread.

    Attributes:
        at: from the settings and a share (0 to 1) to the number below which that share of the draws lies.
        needs: settings that must be there.
        defaults: of those that need not.
        log: whether even steps of the share are even steps of the logarithm.
    """

    at: Callable[[Spec, float], Number]
    needs: tuple[str, ...] = ("min", "max")
    defaults: Mapping[str, Number] = field(default_factory=dict)
    log: bool = False


def _between(low: Number, high: Number, share: float) -> Number:
    return low + share * (high - low)


def _normal(spec: Spec, share: float) -> float:
    return NormalDist(spec["mu"], spec["sigma"]).inv_cdf(share) if spec["sigma"] else float(spec["mu"])


def _int_uniform(spec: Spec, share: float) -> int:
    count = spec["max"] - spec["min"] + 1
    return int(spec["min"] + max(0, math.ceil(share * count) - 1))


_BELL = {"mu": 0.0, "sigma": 1.0}
_PLAIN: dict[str, Distribution] = {
    "uniform": Distribution(lambda s, u: _between(s["min"], s["max"], u)),
    "int_uniform": Distribution(_int_uniform),
    "log_uniform": Distribution(lambda s, u: math.exp(_between(s["min"], s["max"], u)), log=True),
    "log_uniform_values": Distribution(
        lambda s, u: math.exp(_between(math.log(s["min"]), math.log(s["max"]), u)), log=True
    ),
    "normal": Distribution(_normal, (), _BELL),
    "log_normal": Distribution(lambda s, u: math.exp(_normal(s, u)), (), _BELL, log=True),
}


def _in_steps(plain: Distribution) -> Distribution:
    """The same rounded to multiples of `q`."""

    def at(spec: Spec, share: float) -> Number:
        stepped: Number = round(plain.at(spec, share) / spec["q"]) * spec["q"]
        return stepped

    return Distribution(at, plain.needs, {**plain.defaults, "q": 1.0}, plain.log)


DISTRIBUTIONS: dict[str, Distribution] = _PLAIN | {
    f"q_{name}": _in_steps(plain) for name, plain in _PLAIN.items() if name != "int_uniform"
}
"""By the name W&B gives them; its beta and inverse logarithmic ones are left to its own agents."""

GRIDDED = ("constant", "categorical", "int_uniform", "q_uniform")
CHOICES = ("constant", "categorical", "categorical_w_probabilities")


@dataclass(frozen=True, slots=True)
class Parameter:
    """What may stand behind one dotted key.

    Attributes:
        name: the key.
        spec: settings, with defaults filled in.
        distribution: its name.
    """

    name: str
    spec: Spec
    distribution: str

    @property
    def is_fixed(self) -> bool:
        """Whether every draw is the same."""
        return self.distribution == "constant"

    @property
    def log(self) -> bool:
        """Whether its picture is drawn on a logarithmic axis."""
        return self.distribution in DISTRIBUTIONS and DISTRIBUTIONS[self.distribution].log

    def at(self, share: float) -> Any:
        """The value below which a share (0 to 1) of the draws lies; drawn evenly from (0, 1), it is a random draw."""
        if self.is_fixed:
            return self.spec["value"]
        if self.distribution in DISTRIBUTIONS:
            return DISTRIBUTIONS[self.distribution].at(self.spec, share)
        values = self.spec["values"]
        chances = self.spec.get("probabilities", [1 / len(values)] * len(values))
        ends = list(itertools.accumulate(chances))
        return next((v for v, end in zip(values, ends, strict=True) if share < end), values[-1])

    @property
    def has_grid(self) -> bool:
        """Whether it has a list of values that a grid can go through."""
        return self.distribution in GRIDDED

    def grid(self) -> Sequence[Any]:
        """All its values, where it has a list of them."""
        if self.is_fixed:
            return (self.spec["value"],)
        if self.distribution == "categorical":
            return list(self.spec["values"])
        if self.distribution == "int_uniform":
            return range(self.spec["min"], self.spec["max"] + 1)
        count = math.ceil((self.spec["max"] - self.spec["min"]) / self.spec["q"])
        return [self.spec["min"] + i * self.spec["q"] for i in range(count)]


def read_parameter(name: str, spec: Any, where: str) -> Parameter:
    """A parameter from its settings in a sweep file.

    Raises:
        UserError: an unknown distribution, a setting that is missing, unknown or no number, or an empty range.
    """
    here = f"{where}: parameter {name}"
    if not isinstance(spec, Mapping) or not spec:
        raise UserError(f"{here}: write {{value: ...}}, {{values: [...]}} or {{min: ..., max: ...}}, not {spec!r}")
    if "parameters" in spec:
        raise UserError(f"{here}: nested parameters are not options of sepcl, write dotted keys such as {name}.width")
    kind = str(spec.get("distribution") or _meant(spec, here))
    if kind not in (*CHOICES, *DISTRIBUTIONS):
        raise unknown_name(kind, (*CHOICES, *DISTRIBUTIONS), f"{here}, distribution")
    _check_keys(spec, kind, here)
    if kind in DISTRIBUTIONS:
        return Parameter(name, _checked_numbers(spec, kind, here), kind)
    if kind != "constant":
        _check_values(spec, here)
    return Parameter(name, dict(spec), kind)


def _meant(spec: Spec, here: str) -> str:
    """The distribution of settings that do not name one."""
    if "value" in spec:
        return "constant"
    if "values" in spec:
        return "categorical_w_probabilities" if "probabilities" in spec else "categorical"
    if "min" in spec and "max" in spec:
        whole = all(isinstance(spec[k], int) for k in ("min", "max"))
        return "q_uniform" if "q" in spec else "int_uniform" if whole else "uniform"
    known = ("value", "values", "min", "max", "distribution")
    for key in spec:
        if key not in known:
            raise unknown_name(str(key), known, here)
    raise UserError(f"{here}: `max` is missing" if "min" in spec else f"{here}: `min` is missing")


def _check_keys(spec: Spec, kind: str, here: str) -> None:
    needs, more = _keys_of(kind)
    for key in spec:
        if key not in ("distribution", *needs, *more):
            raise unknown_name(str(key), (*needs, *more), f"{here} ({kind})")
    for key in needs:
        if key not in spec:
            raise UserError(f"{here}: `{key}` is missing")


def _keys_of(kind: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if kind in DISTRIBUTIONS:
        return DISTRIBUTIONS[kind].needs, tuple(DISTRIBUTIONS[kind].defaults)
    if kind == "constant":
        return ("value",), ()
    return (("values", "probabilities") if kind.endswith("probabilities") else ("values",)), ()


def _check_values(spec: Spec, here: str) -> None:
    values, chances = spec["values"], spec.get("probabilities")
    if not isinstance(values, list) or not values:
        raise UserError(f"{here}: `values` is a list with at least one value, not {values!r}")
    if chances is not None and (len(chances) != len(values) or not math.isclose(sum(chances), 1, rel_tol=1e-5)):
        raise UserError(f"{here}: `probabilities` has one number for each of `values`, and they add up to 1")


def _checked_numbers(spec: Spec, kind: str, here: str) -> dict[str, Any]:
    filled = {**DISTRIBUTIONS[kind].defaults, **{k: v for k, v in spec.items() if k != "distribution"}}
    for key, value in filled.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UserError(f"{here}: `{key}` is {value!r}: it must be a number (YAML reads 1e-3 as text, 1.0e-3 not)")
        if kind == "int_uniform" and not isinstance(value, int):
            raise UserError(f"{here}: `{key}` is {value!r}: int_uniform draws whole numbers")
    if "min" in filled and filled["min"] >= filled["max"]:
        raise UserError(f"{here}: `min` {filled['min']} is not below `max` {filled['max']}")
    if kind.endswith("log_uniform_values") and filled["min"] <= 0:
        raise UserError(f"{here}: `min` {filled['min']} has no logarithm: it must be above 0")
    if filled.get("q", 1) <= 0 or filled.get("sigma", 0) < 0:
        raise UserError(f"{here}: `q` must be above 0 and `sigma` not below it")
    return filled
