from __future__ import annotations

import pytest

from lightning_sepcl.cli.words import Words, words_of
from lightning_sepcl.errors import UserError


def test_order_does_not_matter():
    expected = Words(["a.yaml", "b.yaml"], "r", "x.ckpt", ["p.py"], {"resume"}, [("model", "A"), ("x.y", "-3")])
    options = ["--config a.yaml", "--config=b.yaml", "--run r", "--ckpt_path x.ckpt", "--plugins p.py", "--resume"]
    settings = ["--model A", "--x.y=-3"]
    assert words_of(" ".join(options + settings).split()) == expected
    assert words_of(" ".join(settings + options).split()) == expected


def test_values_may_be_negative_empty_or_contain_an_equals_sign():
    assert words_of(["--a", "-3", "--b=", "--c", "x=y"]).settings == [("a", "-3"), ("b", ""), ("c", "x=y")]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--a"], "--a needs a value"),
        (["--a", "--b", "1"], "--a needs a value"),
        (["--config"], "--config needs a value"),
        (["word"], "'word' is not an option"),
        (["a/demo.yaml"], "'a/demo.yaml' is not an option: an experiment is named by --config a/demo.yaml"),
        (["--resume=yes"], "--resume takes no value"),
    ],
)
def test_words_that_cannot_be_sorted(args, message):
    with pytest.raises(UserError, match=message):
        words_of(args)
