"""The engine that a configuration names, on the device that it names."""

from __future__ import annotations

from data_sim.corpus.configuration import Configuration
from data_sim.engines import ENGINES, ON_DEVICE, Engine


def engine_of(configuration: Configuration) -> Engine:
    """Ready for work; whoever asked for it closes it.

    Raises:
        UserError: it is not installed, or its device is not there.
    """
    name = configuration.engine
    return ON_DEVICE[name](device=configuration.device) if name in ON_DEVICE else ENGINES[name]()
