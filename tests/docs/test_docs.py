"""What the documents name is there: targets, tables, files, verbs. Their blocks of code: test_code_blocks.py."""

import contextlib
import io
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from lightning_sepcl.cli.main import main
from lightning_sepcl.cli.verbs import VERBS
from lightning_sepcl.ledger.finding import find_table
from tests.docs.pages import PAGES, ROOT, blocks_of

IDS = [p.relative_to(ROOT).as_posix() for p in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_make_targets_exist(page):
    for target in set(
        re.findall(r"`?make ([a-z][a-z0-9-]*)", "\n".join(block.text for block in blocks_of(page, "bash")))
    ):
        done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, f"make {target}: {done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_tables_that_are_named_exist(page, monkeypatch):
    """Any `reproduce-NAME` is a target: a pattern makes it one."""
    monkeypatch.chdir(ROOT)
    text = page.read_text()
    named = re.findall(r"make reproduce-([a-z0-9-]+)", text) + re.findall(r"sepcl reproduce ([a-z0-9_/]+)", text)
    shown = {Path(block.file).stem for block in blocks_of(page, "yaml") if block.file}  # tables that the page makes
    for name in set(named) - shown - {"table4"}:  # which make spells out
        assert find_table(name).is_file(), name


def test_the_processors_that_are_named_are_kept_by_the_experiment():
    named = set(re.findall(r"\$P/(\w+)\.safetensors", (ROOT / "docs/separate.md").read_text()))
    experiment = yaml.safe_load((ROOT / "experiments/scenes/separator.yaml").read_text())
    (keeps,) = experiment["trainer"]["callbacks"]
    assert named == set(keeps["init_args"]["states"])


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?://)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_the_guides_plugin_works(tmp_path, monkeypatch, capsys):
    (code,) = (block.text for block in blocks_of(ROOT / "docs/guide.md", "python"))
    monkeypatch.chdir(ROOT)
    file = tmp_path / "my_plugins.py"
    file.write_text(code)
    assert main(["plugins", "Reverse", "--path", str(file)]) == 0
    assert "share of the examples" in capsys.readouterr().out
    words = ["--plugins", str(file), "--model.front.wave_augment+", "Reverse", "--print_config"]
    assert main(["fit", "--config", "experiments/demo.yaml", *words]) == 0
    config = yaml.safe_load(capsys.readouterr().out)
    plugins = config["model"]["init_args"]["front"]["init_args"]["wave_augment"]
    assert [p["class_path"].rpartition(".")[2] for p in plugins] == ["Gain", "Reverse"]


def test_make_alone_lists_the_targets():
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, timeout=60).stdout
    for target in ("setup", "demo", "test", "test-all"):
        assert re.search(rf"^  make {target} .*\w", listed, re.MULTILINE), listed


def test_the_overview_names_every_verb():
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert main([]) == 0
    assert all(f"  {verb} " in out.getvalue() for verb in VERBS)
    assert len(out.getvalue().splitlines()) <= 40
