from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Literal, Optional

import pytest
from torch.optim import Optimizer

from lightning_sepcl.cli.slots import Slot, allows_null, class_named, is_class_name, slot_of
from lightning_sepcl.errors import UserError
from tests.cli.toy_suite import Bent, Straight, ToyEncoder


@pytest.mark.parametrize(
    ("hint", "slot"),
    [
        (int, Slot(plain=True)),
        (str | None, Slot(plain=True)),
        (Path, Slot(plain=True)),
        (Any, Slot(plain=True)),
        (Literal["a", "b"], Slot()),
        (ToyEncoder, Slot((ToyEncoder,))),
        (Optional[ToyEncoder], Slot((ToyEncoder,))),  # noqa: UP045 - both ways of writing it
        (ToyEncoder | str, Slot((ToyEncoder,), plain=True)),
        (list[ToyEncoder], Slot(item=ToyEncoder)),
        (Sequence[ToyEncoder] | ToyEncoder, Slot((ToyEncoder,), item=ToyEncoder)),
        (dict[str, ToyEncoder], Slot(entry=ToyEncoder)),
        (Callable[[int], ToyEncoder], Slot((ToyEncoder,), given=1)),
        (Callable[[Iterable[Any]], Optimizer], Slot((Optimizer,), given=1)),
        (Callable[[int], int], Slot()),
    ],
)
def test_what_a_type_allows(hint, slot):
    assert slot_of(hint) == slot


def test_null_is_allowed_where_the_type_says_so():
    assert [allows_null(t) for t in (int | None, Any, object, int, list[int])] == [True, True, True, False, False]


def test_names_find_classes():
    slot = Slot((ToyEncoder,))
    assert class_named("Bent", slot, "x") is Bent
    assert class_named("tests.cli.toy_suite.Straight", slot, "x") is Straight
    assert is_class_name("Bent", slot)
    assert not is_class_name("Louder", slot)


def test_a_name_that_two_classes_share_asks_for_the_path():
    class Base: ...

    twins = [type("Twin", (Base,), {"__module__": m}) for m in ("one", "two")]
    with pytest.raises(UserError, match=r"x: Twin could be one.Twin or two.Twin: write the full path"):
        class_named("Twin", Slot((Base,)), "x")
    assert len(twins) == 2
