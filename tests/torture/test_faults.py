"""Every kind of fault, once or twice; the whole campaign is `make torture`."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from lightning_sepcl.torture.catalogue import BY_KIND, FAULTS
from lightning_sepcl.torture.command import run
from lightning_sepcl.torture.site import Site

QUICK = (
    "killed-cache", "killed-separation", "killed-training", "changed-files", "changed-files", "not-a-number",
    "damaged-checkpoint", "unsafe-pickle", "unsafe-pickle", "fuzzed-audio", "fuzzed-audio", "fuzzed-audio",
    "fuzzed-experiment", "fuzzed-experiment",
)  # fmt: skip
pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds processes in /proc")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("site"))
    yield made
    made.nursery.bury()


def inject(site, kind, number):
    kept = BY_KIND[kind](site).inject(random.Random(f"test:{kind}:{number}"), site.folder / f"{kind}-{number}" / "here")
    assert kept.same_bits or kept.refused or kept.read
    return kept


@pytest.mark.parametrize(("kind", "number"), [(kind, i) for i, kind in enumerate(QUICK)])
def test_promises_are_kept(site, kind, number):
    inject(site, kind, number)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [fault.kind for fault in FAULTS if fault.kind not in QUICK])
def test_promises_that_take_longer_are_kept(site, kind):
    inject(site, kind, 0)


@pytest.mark.slow
def test_a_campaign(tmp_path, capsys):
    page = tmp_path / "torture.md"
    words = ["--faults", "30", "--seed", "3", "--out", str(tmp_path / "runs"), "--page", str(page)]
    assert run(words) == 0
    assert "nothing lost" in page.read_text()
    assert "| **all** |" in capsys.readouterr().out
