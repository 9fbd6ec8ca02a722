from __future__ import annotations

import pytest

from lightning_sepcl.ledger.claim import Claim, Figure, parse_relations
from lightning_sepcl.ledger.errors import LedgerError


@pytest.mark.parametrize(
    ("test", "left", "sign", "right"),
    [
        ("a.x > b.y", Figure("a", "x"), ">", Figure("b", "y")),
        ("a.x<b.y", Figure("a", "x"), "<", Figure("b", "y")),
        ("a.x >= b.y", Figure("a", "x"), ">=", Figure("b", "y")),
        ("a.x > 0.5", Figure("a", "x"), ">", 0.5),
        ("a.x <= -3", Figure("a", "x"), "<=", -3.0),
        ("a.x > chance", Figure("a", "x"), ">", "chance"),
    ],
)
def test_orderings(test, left, sign, right):
    (found,) = parse_relations(test, "here")
    assert (found.left, found.sign, found.right) == (left, sign, right)


def test_a_chain_is_all_pairs_of_neighbours():
    found = parse_relations("n.q > f.q > s2.q >= 0.1", "here")
    assert [r.test for r in found] == ["n.q > f.q", "f.q > s2.q", "s2.q >= 0.1"]
    assert [r.left.line for r in found] == ["n", "f", "s2"]


@pytest.mark.parametrize(
    ("test", "shift", "within"),
    [
        ("|a-1.x - b.y| <= 0.003", 0.0, 0.003),
        ("| a-1.x - b.y | < .01", 0.0, 0.01),
        ("|a-1.x - b.y - 0.03| <= 0.01", 0.03, 0.01),
        ("|a-1.x - b.y + 3e-2| <= 0.01", -0.03, 0.01),
    ],
)
def test_about_equal(test, shift, within):
    (found,) = parse_relations(test, "here")
    assert (found.left, found.sign, found.right) == (Figure("a-1", "x"), "about", Figure("b", "y"))
    assert (found.shift, found.within) == (shift, within)


def test_a_claim_over_rows_names_each_in_turn():
    claim = Claim("c", "says", ("row.x > b.x",), parse_relations("row.x > row-2.x > b.x", "here"), over=("n", "f"))
    cases = claim.cases()
    assert [r.test for r in cases["n"]] == ["n.x > row-2.x", "row-2.x > b.x"]
    assert cases["f"][0].left == Figure("f", "x")


@pytest.mark.parametrize(
    ("test", "says"),
    [
        ("a.x = b.y", "should read"),
        ("a.x", "should read"),
        ("", "should read"),
        ("a.x > ", "should read"),
        ("a.x > b.y or c.z", "should read"),
        ("a > b.x", "`a` is no figure"),
        ("a.x > b", "`b` is no figure"),
        (".x > 1", "`.x` is no figure"),
        ("a.x > 0.5 > b.x", "`0.5` is no figure"),
        ("a.x > b.x < c.x", "points both ways"),
        ("|a.x - b.x| <= much", "`much` should be a number"),
        ("|a.x - b.x| > 0.1", "should read|no figure"),
    ],
)
def test_what_is_no_relation_is_refused(test, says):
    with pytest.raises(LedgerError, match=says) as error:
        parse_relations(test, "claim `c` of t.yaml")
    assert str(error.value).startswith("claim `c` of t.yaml: ")
