"""Speech Commands v0.02: single words of one second, with the official split by speaker."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Literal

from lightning_sepcl.audio.files import audio_files
from lightning_sepcl.data.corpus import FileCorpus
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.manifest import Entry, Manifest
from lightning_sepcl.errors import UserError

log = logging.getLogger(__name__)

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
OTHER_WORDS = (
    "backward", "bed", "bird", "cat", "dog", "down", "follow", "forward", "go", "happy", "house", "learn", "left",
    "marvin", "no", "off", "on", "right", "sheila", "stop", "tree", "up", "visual", "wow", "yes",
)  # fmt: skip
WORDS = {"digits": DIGITS, "all": tuple(sorted(DIGITS + OTHER_WORDS))}
LISTS = {"test": "testing_list.txt", "val": "validation_list.txt"}
BACKGROUND = "_background_noise_"


class SpeechCommandsCorpus(FileCorpus):
    """One folder per word; two lists name the test and validation files, the rest is for training.

    Args:
        root: the folder with the words' folders; None takes `$SEPCL_DATA/SpeechCommands/speech_commands_v0.02`.
        subset: `digits` is zero to nine, `all` the 35 words. The background noise is left out.

    Source: P. Warden, Speech Commands: A Dataset for Limited-Vocabulary Speech Recognition, 2018.
    """

    folder, landmark = "SpeechCommands/speech_commands_v0.02", "testing_list.txt"
    layout = "testing_list.txt, validation_list.txt and one folder per word with .wav files"
    url = "http://download.tensorflow.org/data/speech_commands_v0.02.tar.gz"

    def __init__(self, root: str | None = None, *, subset: Literal["digits", "all"] = "digits") -> None:
        super().__init__(root)
        self.subset = subset
        self.name = f"speech_commands_{subset}"

    def manifest(self) -> Manifest:
        """One entry per file of a known word, in the order of words and names."""
        root, words = self.root, WORDS[self.subset]
        split_of = {path: split for split, name in LISTS.items() for path in _listed(root / name)}
        paths = [f"{word}/{file}" for word in words for file in audio_files(root / word)]
        self._tell(root, set(paths), set(split_of))
        entries = (_entry(path, split_of.get(path, "train")) for path in paths)
        return Manifest(tuple(entries), words, multi_label=False)

    def _tell(self, root: Path, present: set[str], listed: set[str]) -> None:
        absent = sorted(p for p in listed - present if p.partition("/")[0] in WORDS[self.subset])
        if absent:
            log.warning("%d file(s) of the official lists are absent in %s, e.g. %s", len(absent), root, absent[0])
        unknown = sorted(p.name for p in root.iterdir() if p.is_dir() and p.name not in (*WORDS["all"], BACKGROUND))
        if unknown:
            log.warning("%s: folders that are no word of the data set are left out: %s", root, ", ".join(unknown))


def _listed(path: Path) -> list[str]:
    if not path.is_file():
        raise UserError(
            f"no file {path}: it is part of the data set and says which clips are for {path.name.split('_')[0]}"
        )
    return path.read_text(encoding="utf-8").split()


def _entry(path: str, split: str) -> Entry:
    key, word = path.rpartition(".")[0], path.partition("/")[0]
    speaker = key.partition("/")[2].partition("_nohash_")[0]
    return Entry(key, path, 0.0, None, (word,), split, 0, group=speaker)


class SpeechCommands(AudioDataModule):
    """Speech Commands v0.02 for training and evaluation, clips of 1 s.

    Args:
        root: the folder with the words' folders; None takes `$SEPCL_DATA/SpeechCommands/speech_commands_v0.02`.
        subset: `digits` is zero to nine, `all` the 35 words.
        clip_seconds: as in `AudioDataModule`.
        kwargs: the other arguments of `AudioDataModule`.
    """

    def __init__(
        self,
        root: str | None = None,
        subset: Literal["digits", "all"] = "digits",
        clip_seconds: float | None = 1.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(SpeechCommandsCorpus(root, subset=subset), clip_seconds=clip_seconds, **kwargs)
