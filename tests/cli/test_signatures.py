from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest
from torch import nn
from torch.optim import SGD

from lightning_sepcl.cli.signatures import default_parts, signature_of, type_name
from tests.cli.toy_suite import Straight, ToyMethod, ToySimCLR


class Corpus:
    """Clips.

    Args:
        root: a folder.
        rate: in Hz.
    """

    def __init__(self, root: str, rate: int = 8) -> None: ...


class Fixed(Corpus):
    """Clips of one place.

    Args:
        kwargs: the rest.
    """

    def __init__(self, fold: int = 1, **kwargs: Any) -> None:
        super().__init__("here", **kwargs)


def test_inherited_arguments_count_and_those_passed_on_do_not():
    assert list(signature_of(Fixed).arguments) == ["fold", "rate"]
    assert signature_of(Fixed).arguments["rate"].help == "in Hz."
    names = set(signature_of(ToySimCLR).arguments)
    assert names == set(signature_of(ToyMethod).arguments) | {"temperature"}


def test_the_arguments_a_recipe_is_given_do_not_count():
    assert "params" in signature_of(SGD).arguments
    assert "params" not in signature_of(SGD, skip=1).arguments


def test_default_recipes():
    part = default_parts(ToySimCLR)["optimizer"]
    assert (part["class_path"], part["init_args"]["lr"]) == ("torch.optim.Adam", 0.01)
    assert default_parts(Straight) == {}


@pytest.mark.parametrize(
    ("hint", "text"),
    [
        (int, "int"),
        (float | None, "float | null"),
        (list[int], "list[int]"),
        (tuple[str, ...], "tuple[str, ...]"),
        (dict[str, nn.Module], "dict[str, Module]"),
        (Literal["a", 2], "'a' or 2"),
        (Callable[[int], nn.Module], "recipe for Module"),
        (Any, "Any"),
    ],
)
def test_types_as_one_writes_them(hint, text):
    assert type_name(hint) == text
