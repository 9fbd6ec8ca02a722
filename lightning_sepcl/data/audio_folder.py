"""One's own recordings: any folder of audio files, with labels by folder name, by a CSV, or with none."""

from __future__ import annotations

import logging
import math
import re
from pathlib import Path
from typing import Any

from lightning_sepcl.audio.files import audio_files, foreign_files
from lightning_sepcl.audio.reading import UnreadableAudio, audio_seconds
from lightning_sepcl.data.corpus import FileCorpus
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.dealing import dealt_out, refuse_shares
from lightning_sepcl.data.manifest import SEPARATOR, Entry, Manifest
from lightning_sepcl.data.table import read_table
from lightning_sepcl.errors import UserError

log = logging.getLogger(__name__)

LABELS_FILE = "labels.csv"


class FolderCorpus(FileCorpus):
    """All audio files below a folder, of any format, rate and length; long ones are cut into windows.

    Files are dealt out to the splits by a seeded hash of their names, whole files only, so the split is the same on
    every machine and a new file moves few others. Small sets may miss a class in a split: give splits in the CSV then.

    Args:
        root: the folder; searched with all folders below it.
        labels: a CSV with the columns `file` (relative to `root`), `label` (several are separated by `;`) and, if
            wanted, `split`; or `folders` (a file's label is the first folder of its path) or `none`. By default
            `labels.csv` in `root` if it exists, else `folders`. Files that the CSV does not list have no label.
        clip_seconds: length of the windows of long files; a last one is kept if longer than half. None: no cutting.
        val_share: share of the files for validation, 0 to 1.
        test_share: share of the files for testing, 0 to 1.
        split_seed: another seed deals the files out differently.
    """

    url = "your own recordings"
    folder, landmark, layout = "", "", "a folder with audio files"
    aside = ("given_root", "labels", "name")

    def __init__(
        self,
        root: str,
        *,
        labels: str | None = None,
        clip_seconds: float | None = 5.0,
        val_share: float = 0.1,
        test_share: float = 0.1,
        split_seed: int = 0,
    ) -> None:
        super().__init__(root)
        refuse_shares(val_share, test_share)
        self.labels, self.clip_seconds = labels, clip_seconds
        self.val_share, self.test_share, self.split_seed = val_share, test_share, split_seed
        self.name = re.sub(r"\W+", "_", Path(root).expanduser().resolve().name).strip("_") or "folder"

    @property
    def root(self) -> Path:
        """The folder.

        Raises:
            UserError: it does not exist, or is a file.
        """
        root = Path(str(self.given_root)).expanduser()
        if not root.is_dir():
            raise UserError(f"no folder {root}: set root to the folder that holds your recordings")
        return root

    def manifest(self) -> Manifest:
        """One entry per window, in the order of file names."""
        labels, splits = self._labels()
        present = audio_files(self.root)
        files = sorted({*present, *labels})
        foreign = foreign_files(self.root)
        unread = f"{len(foreign)} file(s) such as {foreign[0]} are in a format that cannot be read" if foreign else ""
        if not files:
            raise UserError(
                f"no audio files below {self.root}" + (f": {unread}, convert them to FLAC or WAV" if foreign else "")
            )
        if foreign:
            log.warning("%s and left out: convert them to FLAC or WAV", unread)
        absent = len(files) - len(present)
        if absent > 0:
            log.warning("%d listed file(s) are absent in %s", absent, self.root)
        unlisted = (file for file in files if file not in splits)
        splits = {**dealt_out(unlisted, self.val_share, self.test_share, self.split_seed), **splits}
        entries = (e for file in files for e in self._windows(file, labels.get(file, ()), splits[file]))
        vocabulary = sorted({label for several in labels.values() for label in several})
        if len(vocabulary) == 1:
            log.warning("all files have the one label %s: no figure can be told; --data.labels none", vocabulary[0])
        return Manifest(tuple(entries), tuple(vocabulary), any(len(several) > 1 for several in labels.values()))

    def _labels(self) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
        """File -> labels, and file -> split where the CSV gives one."""
        if self.labels == "none":
            return {}, {}
        if self.labels == "folders" or (self.labels is None and not (self.root / LABELS_FILE).exists()):
            files = audio_files(self.root)
            return {file: (file.partition("/")[0],) for file in files if "/" in file}, {}
        path = Path(self.labels).expanduser() if self.labels else self.root / LABELS_FILE
        return self._listed(path if path.exists() or path.is_absolute() else self.root / path)

    def _listed(self, path: Path) -> tuple[dict[str, tuple[str, ...]], dict[str, str]]:
        labels: dict[str, tuple[str, ...]] = {}
        splits: dict[str, str] = {}
        for line in read_table(path, ("file", "label")):
            file = Path(line["file"]).as_posix()
            if file in labels:
                raise UserError(
                    f"{path} lists {file} twice: write several labels on one line, separated by '{SEPARATOR}'"
                )
            labels[file] = tuple(label.strip() for label in line["label"].split(SEPARATOR) if label.strip())
            if line.get("split"):
                splits[file] = line["split"].strip()
        unlisted = [file for file in audio_files(self.root) if file not in labels]
        if unlisted:
            log.warning("%d file(s) in %s are not listed in %s and have no label, e.g. %s",
                        len(unlisted), self.root, path.name, unlisted[0])  # fmt: skip
        return labels, splits

    def _windows(self, file: str, labels: tuple[str, ...], split: str) -> list[Entry]:
        count = 0 if self.clip_seconds is None else _window_count(self.root / file, self.clip_seconds)
        if count <= 1 or self.clip_seconds is None:
            return [Entry(file, file, 0.0, None, labels, split, 0, group=file)]
        seconds, starts = self.clip_seconds, [i * self.clip_seconds for i in range(count)]
        return [Entry(f"{file}@{start:g}s", file, start, seconds, labels, split, 0, group=file) for start in starts]


def _window_count(path: Path, clip_seconds: float) -> int:
    """How many windows a file gives; a file that cannot be read gives one, and the cache will tell why it cannot."""
    try:
        windows = audio_seconds(path) / clip_seconds
    except UnreadableAudio:
        return 1
    return math.floor(windows) + (windows % 1 > 0.5)


class AudioFolder(AudioDataModule):
    """Any folder of recordings for training and evaluation; labels are optional.

    Args:
        root: the folder; searched with all folders below it.
        labels: a CSV with the columns `file`, `label` and perhaps `split`, or `folders`, or `none`; by default
            `labels.csv` in `root` if it exists, else `folders`. Several labels of a file are separated by `;`.
        clip_seconds: longer files are cut into clips of so many seconds; as in `AudioDataModule` otherwise.
        val_share: share of the files for validation, 0 to 1.
        test_share: share of the files for testing, 0 to 1.
        split_seed: another seed deals the files out to the splits differently.
        kwargs: the other arguments of `AudioDataModule`.
    """

    def __init__(
        self,
        root: str,
        labels: str | None = None,
        clip_seconds: float | None = 5.0,
        val_share: float = 0.1,
        test_share: float = 0.1,
        split_seed: int = 0,
        **kwargs: Any,
    ) -> None:
        corpus = FolderCorpus(
            root,
            labels=labels,
            clip_seconds=clip_seconds,
            val_share=val_share,
            test_share=test_share,
            split_seed=split_seed,
        )
        super().__init__(corpus, clip_seconds=clip_seconds, **kwargs)
