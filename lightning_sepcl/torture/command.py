"""`sepcl torture`: what the suite promises of kills, full disks and damaged files, tried out."""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lightning_sepcl.cli.embed import at_least_one
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.errors import UserError
from lightning_sepcl.ledger.environment import PACKAGE, capture_environment
from lightning_sepcl.ledger.markdown import markdown
from lightning_sepcl.torture.campaign import Campaign, broken, plan
from lightning_sepcl.torture.page import again, table, write_page

FAULTS = 130
OUT = Path("runs/torture")


def run(args: list[str]) -> int:
    """Run a campaign, print its table; returns 1 if a promise was broken."""
    given = _parser().parse_args(args)
    if not Path("/proc/self/task").is_dir():
        raise UserError("sepcl torture finds the processes of a job in /proc: run it on Linux")
    environment = capture_environment()
    environment["hardware"] = replace(environment["hardware"], threads=1)  # the jobs' own
    faults = plan(given.faults, given.only)
    campaign = Campaign(given.out / _name(environment, given.seed), given.seed)
    outcomes = campaign.run(faults)
    print(markdown([table(outcomes)]), end="")
    if given.page:
        date = datetime.now(UTC).strftime("%Y-%m-%d")
        write_page(given.page, outcomes, given.seed, f"sepcl torture {shlex.join(args)}", environment, date)
        print(f"written to {given.page}")
    failed = list(broken(outcomes))
    for outcome in failed:
        print(f"broken: {outcome.kind} {outcome.number}, again with: {again(outcome, given.seed)}", file=sys.stderr)
    return 1 if failed else 0


def _name(environment: dict[str, Any], seed: int) -> str:
    """Of the campaign's folder: outcomes of other code do not count."""
    changed = f"-changed-{changes(PACKAGE)}" if environment["dirty"] else ""
    return f"{environment['commit'][:12]}{changed}-seed{seed}"


def changes(source: Path) -> str:
    """Eight digits of a hash of what differs from the commit in a folder of a checkout, files that git does not track
    included."""

    def git(*words: str) -> bytes:
        return subprocess.run(["git", *words], cwd=source, check=True, capture_output=True).stdout

    digest = hashlib.sha256(git("diff", "HEAD", "--no-ext-diff", "--binary", "--", "."))
    for name in git("ls-files", "-z", "--others", "--exclude-standard").split(b"\0")[:-1]:
        digest.update(name + b"\0" + (source / os.fsdecode(name)).read_bytes())
    return digest.hexdigest()[:8]


def _parser() -> VerbParser:
    parser = VerbParser(
        "sepcl torture",
        "Inject faults into small jobs: kills, full disks, damaged files, NaN, unsafe pickles, mutated inputs. Says of "
        "each kind how many left the same bits or were refused with a sentence. A stopped campaign goes on when the "
        "same command is given again.",
    )
    add = parser.add_argument
    add("--faults", type=at_least_one, default=FAULTS, metavar="N", help="at least so many (default: %(default)d)")
    add("--seed", type=int, default=0, metavar="S", help="of all that is drawn (default: %(default)d)")
    add(
        "--only",
        default="",
        metavar="KIND",
        help="one kind, such as killed-cache, or one fault, such as killed-cache:3",
    )
    add("--out", type=Path, default=OUT, metavar="DIR", help="folder of campaigns (default: %(default)s)")
    add("--page", type=Path, metavar="FILE", help="also write a page, such as docs/results/torture.md")
    return parser
