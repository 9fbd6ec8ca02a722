from __future__ import annotations

import pytest

from lightning_sepcl.ledger.errors import LedgerError
from lightning_sepcl.ledger.placeholders import filled, names_in


def test_interpolations_and_mappings_of_experiments_are_left_alone():
    texts = ["--a=${seed_everything}", "--b={width: 3}", "--c={}", "--d=${oc.env:HOME}"]
    assert names_in(texts) == []
    assert filled(texts, {}, "here") == tuple(texts)


def test_all_places_are_filled():
    assert filled(["[{a},{b}]", "{a}/x"], {"a": "1", "b": "2"}, "here") == ("[1,2]", "1/x")


def test_an_unknown_name_is_told_with_the_closest():
    with pytest.raises(LedgerError, match=r"row `n`, `{sepd}`: unknown name `sepd`, did you mean `sep`"):
        filled(["{sepd}"], {"sep": "x"}, "row `n`")
