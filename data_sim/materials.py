"""What walls are made of: the share of the energy that common materials swallow, octave by octave."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from lightning_sepcl.errors import UserError

Octaves = tuple[float, float, float, float, float, float, float]
"""One share for each of `OCTAVES_HZ`, 125 Hz to 8 kHz."""

MATERIALS: Mapping[str, Octaves] = {
    "acoustic_ceiling": (0.48, 0.97, 1.0, 0.97, 1.0, 1.0, 1.0),  # mineral wool on perforated sheet metal
    "brick": (0.03, 0.03, 0.03, 0.04, 0.05, 0.07, 0.07),  # roughly stuccoed
    "carpet": (0.03, 0.09, 0.25, 0.31, 0.33, 0.44, 0.44),  # 6 mm pile on foam
    "ceramic_tiles": (0.01, 0.01, 0.01, 0.02, 0.02, 0.02, 0.02),
    "concrete": (0.01, 0.01, 0.02, 0.02, 0.02, 0.05, 0.05),  # smooth, unpainted
    "curtain": (0.30, 0.45, 0.65, 0.56, 0.59, 0.71, 0.71),  # cotton, 0.5 kg/m2, in folds
    "glass": (0.10, 0.05, 0.04, 0.03, 0.03, 0.03, 0.03),  # a window
    "plasterboard": (0.15, 0.10, 0.06, 0.04, 0.04, 0.05, 0.05),  # two of 13 mm on a steel frame
    "rockwool": (0.22, 0.60, 0.92, 0.90, 0.88, 0.88, 0.88),  # 50 mm, 80 kg/m3
    "thick_carpet": (0.08, 0.08, 0.30, 0.60, 0.75, 0.80, 0.80),  # 9 mm tufted pile on felt
    "wood": (0.18, 0.12, 0.10, 0.09, 0.08, 0.07, 0.07),  # 16 mm on studs
}
"""Source: Vorländer 2008, "Auralization", table of absorption coefficients in the appendix."""


def material(name: str) -> Octaves:
    """The shares of a named material.

    Raises:
        UserError: an unknown name.
    """
    if name not in MATERIALS:
        near = difflib.get_close_matches(name, MATERIALS, n=1)
        meant = f"did you mean {near[0]}?" if near else f"there are {', '.join(MATERIALS)}"
        raise UserError(f"no material {name!r}: {meant}")
    return MATERIALS[name]
