from __future__ import annotations

import pytest

from lightning_sepcl.errors import UserError
from lightning_sepcl.torture.campaign import Campaign, Planned, broken, plan
from lightning_sepcl.torture.catalogue import FAULTS
from lightning_sepcl.torture.fault import Fault, Kept, promise

drawn = []


class Coin(Fault):
    """Breaks its promise when the file `broken` exists beside the campaign."""

    kind, title, promised, share = "coin", "A coin is tossed", "it falls", 1

    def inject(self, dice, folder):
        folder.mkdir(parents=True)
        (folder / "trace").touch()
        drawn.append(dice.random())
        promise(not (self.site.folder.parent / "broken").exists(), "it stands on its edge")
        return Kept(read=True)


@pytest.fixture
def campaign(tmp_path):
    drawn.clear()
    said = []
    made = Campaign(tmp_path / "campaign", 5, said.append, {"coin": Coin})
    made.said = said
    return made


TWO = [Planned("coin", 0), Planned("coin", 1)]


def test_faults_are_dealt_out_by_shares():
    kinds = [planned.kind for planned in plan(100)]
    assert len(kinds) >= 100
    assert list(dict.fromkeys(kinds)) == [fault.kind for fault in FAULTS]
    counts = {fault.kind: kinds.count(fault.kind) for fault in FAULTS}
    assert counts["fuzzed-audio"] > counts["killed-training"] > counts["killed-reproduction"] > 0
    assert len({planned.name for planned in plan(100)}) == len(kinds)


def test_one_kind_or_one_fault():
    assert plan(3, "killed-cache") == [Planned("killed-cache", n) for n in range(3)]
    assert plan(100, "killed-cache:7") == [Planned("killed-cache", 7)]
    for wrong in ("killed-cach", "killed-cache:x", ":3"):
        with pytest.raises(UserError, match=r"no such kind.*there are: killed-cache, "):
            plan(3, wrong)


def test_a_fault_is_the_same_again_and_unlike_the_others(campaign, tmp_path):
    campaign.run(TWO)
    Campaign(tmp_path / "again", 5, print, {"coin": Coin}).run(TWO[1:])
    Campaign(tmp_path / "other", 6, print, {"coin": Coin}).run(TWO[1:])
    first, second, again, other = drawn
    assert second == again
    assert len({first, second, other}) == 3


def test_what_has_passed_is_not_repeated_and_what_broke_is(campaign, tmp_path):
    (tmp_path / "broken").touch()
    campaign.run(TWO[:1])
    assert campaign.said[0].startswith("BROKEN coin:0: it stands on its edge")
    assert (campaign.folder / "work/coin-0/here/trace").exists()
    (tmp_path / "broken").unlink()
    assert list(broken(campaign.run(TWO))) == []
    assert not (campaign.folder / "work/coin-0").exists()
    assert len(drawn) == 3
    assert [outcome.kept for outcome in campaign.run(TWO)] == [Kept(read=True)] * 2
    assert len(drawn) == 3
    assert campaign.said[-1] == "2 of 2 faults passed before"
