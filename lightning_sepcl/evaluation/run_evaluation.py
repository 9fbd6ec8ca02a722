"""What an experiment's section `evaluation` may name."""

from __future__ import annotations

from typing import ClassVar

import pytorch_lightning as pl


class RunEvaluation(pl.Callback):
    """Base class of the evaluations of a run.

    Attributes:
        default: the class that an experiment gets which names none.
    """

    default: ClassVar[str] = "lightning_sepcl.evaluation.callback.Evaluation"
