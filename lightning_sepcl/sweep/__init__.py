"""Sweeps without an account: W&B's own sweep files, drawn and run on this machine."""

from lightning_sepcl.sweep.command import agent_words, fit_words
from lightning_sepcl.sweep.draws import draw, size
from lightning_sepcl.sweep.hyperband import Hyperband, to_stop
from lightning_sepcl.sweep.page import page
from lightning_sepcl.sweep.parameter import Parameter, read_parameter
from lightning_sepcl.sweep.running import Sweeping, ranked
from lightning_sepcl.sweep.sweep_file import Sweep, read_sweep
from lightning_sepcl.sweep.trial import Trial, read_trials

__all__ = [
    "Hyperband",
    "Parameter",
    "Sweep",
    "Sweeping",
    "Trial",
    "agent_words",
    "draw",
    "fit_words",
    "page",
    "ranked",
    "read_parameter",
    "read_sweep",
    "read_trials",
    "size",
    "to_stop",
]
