"""What a fault is: something that goes wrong, injected once, and the promise that is then checked."""

from __future__ import annotations

import json
import random
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

from lightning_sepcl.torture.site import Site


class Broken(Exception):
    """A promise that was not kept; the message says which, and what was found."""


def promise(kept: bool, otherwise: object) -> None:
    """Raise `Broken` unless it was kept."""
    if not kept:
        raise Broken(str(otherwise))


@dataclass(frozen=True, slots=True)
class Kept:
    """How the suite stood a fault; of these endings one at least is true.

    Attributes:
        injected: how often something went wrong: kills, damaged files.
        same_bits: what was there at the end equals what an undisturbed run leaves.
        refused: a sentence told the user what is wrong.
        read: a changed file was read, or left out and counted.
    """

    injected: int = 1
    same_bits: bool = False
    refused: bool = False
    read: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one fault.

    Attributes:
        kind, number: which fault; with the campaign's seed they repeat it.
        seconds: how long it took.
        kept: how it ended; None if a promise was broken.
        broken: which promise, and what was found.
    """

    kind: str
    number: int
    seconds: float
    kept: Kept | None = None
    broken: str = ""

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self), indent=1) + "\n"

    @classmethod
    def read(cls, path: Path) -> Outcome:
        """What `text` gave."""
        found = json.loads(path.read_text(encoding="utf-8"))
        return cls(**found | {"kept": found["kept"] and Kept(**found["kept"])})


class Fault(ABC):
    """Base class of the kinds of faults. To add one: a file with such a class, and its name in `catalogue.py`.

    Args:
        site: where processes are started, and what undisturbed runs leave.
    """

    kind: ClassVar[str]
    """Its name on the command line."""
    title: ClassVar[str]
    """What goes wrong, for the page."""
    promised: ClassVar[str]
    """What the suite then does, for the page."""
    share: ClassVar[int]
    """How many of about a hundred faults are of this kind."""

    def __init__(self, site: Site) -> None:
        self.site = site

    @abstractmethod
    def inject(self, dice: random.Random, folder: Path) -> Kept:
        """Let it go wrong once, and check what follows.

        Args:
            dice: all that is drawn comes from here.
            folder: empty; kept only if a promise is broken.

        Raises:
            Broken: a promise was not kept.
        """
