"""From the words of a command line to one composed experiment: which files, which run folder, which plugin files."""

from __future__ import annotations

from pathlib import Path

from lightning_sepcl.cli.composition import Composition
from lightning_sepcl.cli.plugin_file import import_plugin_file, present
from lightning_sepcl.cli.run_folder import RunFolder, run_of_checkpoint
from lightning_sepcl.cli.words import Words
from lightning_sepcl.errors import UserError
from lightning_sepcl.shipped import here_or_shipped

RUNS = Path("runs")


def composed(words: Words) -> tuple[Composition, RunFolder]:
    """All layers of the experiment, and the folder of its run; plugin files are imported on the way.

    Raises:
        UserError: a file, a checkpoint or the experiment itself is missing.
    """
    written = Composition()
    for file in _files(words):
        written.add_file(file)
    for plugin in words.plugins:
        written.add_plugin(Path(plugin))
    for option, text in words.settings:
        written.assign(option, text)
    written.plugins = present(written.plugins)
    for plugin in written.plugins:
        import_plugin_file(Path(plugin))
    folder = _folder(words, written)
    written.value["run"] = str(folder.path)
    if written.plugins:
        written.value["plugins"] = written.plugins
    return written, folder


def _files(words: Words) -> list[Path]:
    """The files named, else the one a run or a checkpoint brings along."""
    if words.ckpt_path and not Path(words.ckpt_path).is_file():
        raise UserError(f"no checkpoint {words.ckpt_path}")
    if words.configs:
        return [here_or_shipped(Path(c)) for c in words.configs]
    if words.run and RunFolder(Path(words.run)).config.is_file():
        return [RunFolder(Path(words.run)).config]
    if words.ckpt_path and not words.run:
        run = run_of_checkpoint(Path(words.ckpt_path))
        if run is None and not words.settings:
            raise UserError(f"no config.yaml beside or above {words.ckpt_path}: name the experiment with --config")
        return [run.config] if run else []
    if not words.settings:
        given = f"{words.run} has no config.yaml" if words.run else "no experiment given"
        raise UserError(f"{given}: name one with --config FILE")
    return []


def _folder(words: Words, written: Composition) -> RunFolder:
    """Where the run writes: `--run`, else the checkpoint's run, else `run:` of the experiment, else its file's name."""
    if words.run:
        return RunFolder(Path(words.run))
    if words.ckpt_path and not words.configs and (run := run_of_checkpoint(Path(words.ckpt_path))):
        return run
    if written.value.get("run"):
        return RunFolder(Path(written.resolved("run")))
    return RunFolder(RUNS / ("-".join(Path(c).stem for c in words.configs) or "unnamed"))
