from __future__ import annotations

from lightning_sepcl.ledger.at_most_every import AtMostEvery


def test_what_was_left_out_is_made_up_for_once():
    done = []
    now = [0.0]
    act = AtMostEvery(10.0, lambda: done.append(now[0]), lambda: now[0])
    for now[0] in (0.0, 1.0, 9.9, 10.0, 12.0):
        act()
    assert done == [0.0, 10.0]
    act.finish()
    act.finish()
    assert done == [0.0, 10.0, 12.0]
