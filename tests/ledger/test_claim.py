from __future__ import annotations

import pytest

from lightning_sepcl.ledger.claim import Figure, parse_claim
from lightning_sepcl.ledger.errors import LedgerError


@pytest.mark.parametrize(
    ("test", "left", "larger", "right"),
    [
        ("a.x > b.y", Figure("a", "x"), True, Figure("b", "y")),
        ("a.x<b.y", Figure("a", "x"), False, Figure("b", "y")),
        ("a.x > 0.5", Figure("a", "x"), True, 0.5),
        ("a.x < -3", Figure("a", "x"), False, -3.0),
        ("a.x > chance", Figure("a", "x"), True, "chance"),
    ],
)
def test_relations(test, left, larger, right):
    claim = parse_claim("c", "words", test, 0.01, "here")
    assert (claim.left, claim.larger, claim.right, claim.margin) == (left, larger, right, 0.01)


@pytest.mark.parametrize("test", ["a.x = b.y", "a.x", "a > b.x", "a.x > b", ".x > 1", "a.x > b.y > c.z", ""])
def test_what_is_no_relation_is_refused(test):
    with pytest.raises(LedgerError, match="here"):
        parse_claim("c", "words", test, 0.0, "here")
