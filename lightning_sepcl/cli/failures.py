"""What stops a trainer through data, files or the machine, in a sentence each; faults of code stay what they are."""

from __future__ import annotations

import re
import traceback
from pathlib import Path

from lightning_fabric.utilities.exceptions import MisconfigurationException

from lightning_sepcl.cli.run_folder import beside
from lightning_sepcl.errors import UserError

PACKAGE = Path(__file__).resolve().parents[1]
LOADING_PROCESS = re.compile(r"DataLoader worker \(pid\(?s?\)? [\d, ]+\) (?:is killed|exited unexpectedly)")
FROM_LOADING_PROCESS = re.compile(
    r"Caught \w+ in DataLoader worker process.*^lightning_sepcl[\w.]*: (.*)", re.DOTALL | re.MULTILINE
)
OTHER_WEIGHTS = ("Error(s) in loading state_dict", "loaded state dict ")
"""How messages begin of weights and of optimiser states that do not fit."""


def told_of(error: Exception, checkpoint: Path | None, again: str) -> str | None:
    """The sentence for the user; None for what is a fault of somebody's code.

    Args:
        error: what the trainer raised.
        checkpoint: what it was told to begin with.
        again: what to do after a failure that may not come again.
    """
    text = str(error)
    if LOADING_PROCESS.search(text):
        return (
            "a process that loads batches was killed, perhaps as memory ran out: fewer data.num_workers need less; "
            f"{again}"
        )
    if passed_on := FROM_LOADING_PROCESS.search(text):
        return passed_on[1].strip()
    if checkpoint and text.startswith(OTHER_WEIGHTS):
        return f"{checkpoint} is of another experiment, its weights do not fit this one's{beside(checkpoint)}"
    if isinstance(error, UserError | MisconfigurationException) or _refused_by_the_suite(error):
        return text
    return None


def _refused_by_the_suite(error: Exception) -> bool:
    """Whether a `raise` of this package refused a value, in contrast to a fault in somebody's code."""
    if not isinstance(error, ValueError):
        return False
    last = traceback.extract_tb(error.__traceback__)[-1]
    return Path(last.filename).is_relative_to(PACKAGE) and (last.line or "").startswith("raise ")
