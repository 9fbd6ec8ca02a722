"""A campaign: a number of faults of all kinds, one after the other; what has passed is not repeated after a stop."""

from __future__ import annotations

import math
import random
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lightning_sepcl.cli.closest import suggestion
from lightning_sepcl.errors import UserError
from lightning_sepcl.progress import progress
from lightning_sepcl.torture.catalogue import BY_KIND, FAULTS
from lightning_sepcl.torture.fault import Broken, Fault, Outcome
from lightning_sepcl.torture.site import Site
from lightning_sepcl.whole_file import whole_text


@dataclass(frozen=True, slots=True)
class Planned:
    """One fault to be injected; with the campaign's seed it is always the same."""

    kind: str
    number: int

    @property
    def name(self) -> str:
        """As `--only` takes it."""
        return f"{self.kind}:{self.number}"


def plan(faults: int, only: str = "") -> list[Planned]:
    """At least so many faults, dealt out over the kinds by their shares.

    Args:
        faults: how many.
        only: a kind, or a kind and a number such as `killed-cache:3`; empty for all kinds.

    Raises:
        UserError: no such kind.
    """
    kind, _, number = only.partition(":")
    if only and (kind not in BY_KIND or not re.fullmatch(r"(:\d+)?", only.removeprefix(kind))):
        raise UserError(f"--only {only}: no such kind{suggestion(kind, BY_KIND)}; there are: {', '.join(BY_KIND)}")
    if number:
        return [Planned(kind, int(number))]
    kinds = [BY_KIND[kind]] if kind else FAULTS
    total = sum(fault.share for fault in kinds)
    counts = {fault.kind: math.ceil(faults * fault.share / total) for fault in kinds}
    return [Planned(name, number) for name, count in counts.items() for number in range(count)]


class Campaign:
    """Injects faults and keeps what became of each as a small file.

    Args:
        folder: of the campaign; one that holds a part of the same campaign is gone on with.
        seed: of all that is drawn.
        say: called with a sentence for each broken promise.
        kinds: the faults there are.
    """

    def __init__(
        self,
        folder: Path,
        seed: int,
        say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
        kinds: Mapping[str, type[Fault]] = BY_KIND,
    ) -> None:
        self.folder, self.seed, self.say, self.kinds = folder.resolve(), seed, say, kinds
        self.site = Site(self.folder)

    def run(self, faults: Sequence[Planned]) -> list[Outcome]:
        """Inject those of which it is not known yet that they pass; all outcomes, in the order of the plan."""
        known = {planned: outcome for planned in faults if (outcome := self._known(planned)) and outcome.kept}
        todo = [planned for planned in faults if planned not in known]
        if known:
            self.say(f"{len(known)} of {len(faults)} faults passed before")
        with progress("injecting faults", len(todo)) as advance:
            for planned in todo:
                known[planned] = self._injected(planned)
                advance(1)
        return [known[planned] for planned in faults]

    def _injected(self, planned: Planned) -> Outcome:
        work = self.folder / "work" / f"{planned.kind}-{planned.number}"
        shutil.rmtree(work, ignore_errors=True)
        dice = random.Random(f"{self.seed}:{planned.name}")
        began, kept, broken = time.monotonic(), None, ""
        try:
            kept = self.kinds[planned.kind](self.site).inject(dice, work / "here")
        except Broken as error:
            broken = str(error)
            self.say(f"BROKEN {planned.name}: {broken}\n  what is left lies in {work}")
        finally:
            self.site.nursery.bury()
        if kept:
            shutil.rmtree(work, ignore_errors=True)
        outcome = Outcome(planned.kind, planned.number, round(time.monotonic() - began, 2), kept, broken)
        whole_text(self._file(planned), outcome.text())
        return outcome

    def _known(self, planned: Planned) -> Outcome | None:
        file = self._file(planned)
        return Outcome.read(file) if file.exists() else None

    def _file(self, planned: Planned) -> Path:
        return self.folder / "outcomes" / f"{planned.kind}-{planned.number}.json"


def broken(outcomes: Sequence[Outcome]) -> Iterator[Outcome]:
    """Those that broke a promise."""
    return (outcome for outcome in outcomes if not outcome.kept)
