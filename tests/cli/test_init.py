"""The folder that `sepcl init` writes: its commands are true, its plugin keeps the contract of augmentations."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import torch

from lightning_sepcl.cli.init import STARTER
from lightning_sepcl.cli.init import run as init
from lightning_sepcl.cli.plugin_file import import_plugin_file
from lightning_sepcl.cli.verbs import VERBS
from lightning_sepcl.errors import UserError
from lightning_sepcl.shipped import shipped_folder


def test_it_holds_everything_and_says_what_to_do(capsys):
    assert init(["mine"]) == 0
    assert capsys.readouterr().out.startswith("mine: read README.md there; cd mine && sepcl fit --config my_experiment")
    names = {path.name for path in Path("mine").iterdir()}
    assert names == {"README.md", "experiments", "my_experiment.yaml", "my_plugin.py"}
    assert len(list(Path("mine/experiments").rglob("*.yaml"))) == len(list(shipped_folder().rglob("*.yaml")))


def test_an_empty_folder_will_do_and_no_other():
    Path("mine").mkdir()
    assert init(["mine"]) == 0
    for folder in ("mine", "mine/README.md"):
        with pytest.raises(UserError, match=f"^{folder} is not an empty folder: name a new one, as in sepcl init my_"):
            init([folder])


def test_the_commands_of_its_page_are_true():
    init(["mine"])
    text = Path("mine/README.md").read_text()
    lines = [line for block in re.findall(r"```bash\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]
    assert len(lines) > 8
    for line in lines:
        words = shlex.split(line, comments=True)
        assert words[0] == "sepcl"
        assert words[1] in VERBS
        named = [w for w in words if w.startswith(("experiments/", "my_")) and w != "my_folder"]
        assert all((Path("mine") / w).is_file() for w in named), line


def test_its_plugin_keeps_the_contract():
    plugin = import_plugin_file(STARTER / "my_plugin.py").Tremolo(depth=0.5)
    plugin.prepare(8000)
    x = torch.ones(3, 2, 8000)
    params = plugin.draw(x.shape, torch.Generator().manual_seed(1))
    y = plugin.apply(x, params)
    assert y.shape == x.shape
    assert torch.equal(x, torch.ones(3, 2, 8000))
    assert y.amax(-1).allclose(torch.ones(3, 2), atol=1e-3)  # its loudest moment is left alone
    assert y.amin(-1).allclose(torch.full((3, 2), 0.5), atol=1e-3)
    one = plugin.apply(x[1:2], {name: value[1:2] for name, value in params.items()})
    assert torch.equal(one, y[1:2])
