"""Free Spoken Digit Dataset: digits spoken by a few people, 8 kHz."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from typing import Any

from lightning_sepcl.audio.files import audio_files
from lightning_sepcl.data.corpus import FileCorpus
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.data.manifest import Entry, Manifest, closest
from lightning_sepcl.errors import UserError

log = logging.getLogger(__name__)

DIGITS = tuple("0123456789")
TEST_TAKES = range(5)
"""Official test part: the first five takes of every digit and speaker."""
_NAME = re.compile(r"(?P<digit>\d)_(?P<speaker>[^_]+)_(?P<take>\d+)\.wav")


class FSDDCorpus(FileCorpus):
    """The recordings, split by take or by speaker.

    Args:
        root: the folder with `recordings`; None takes `$SEPCL_DATA/free-spoken-digit-dataset`.
        val_takes: takes that are the validation part.
        test_speaker: all takes of this speaker are the test part, instead of takes 0 to 4 of everybody (official).

    Source: https://github.com/Jakobovski/free-spoken-digit-dataset
    """

    name = "fsdd"
    folder, landmark = "free-spoken-digit-dataset", "recordings"
    layout = "recordings/{digit}_{speaker}_{take}.wav"
    url = "https://github.com/Jakobovski/free-spoken-digit-dataset"

    def __init__(
        self, root: str | None = None, *, val_takes: Sequence[int] = (5, 6), test_speaker: str | None = None
    ) -> None:
        super().__init__(root)
        self.val_takes, self.test_speaker = tuple(val_takes), test_speaker

    def manifest(self) -> Manifest:
        """One entry per recording, in the order of file names."""
        files = audio_files(self.root / "recordings")
        parts = [match for match in map(_NAME.fullmatch, files) if match]
        if len(parts) < len(files):
            odd = next(file for file in files if not _NAME.fullmatch(file))
            log.warning("%d file(s) in %s are not named %s and left out, e.g. %s",
                        len(files) - len(parts), self.root, self.layout, odd)  # fmt: skip
        speakers = sorted({part["speaker"] for part in parts})
        if self.test_speaker is not None and self.test_speaker not in speakers:
            raise UserError(
                f"test_speaker={self.test_speaker}: no recording by that name; {closest(self.test_speaker, speakers)}"
            )
        return Manifest(tuple(map(self._entry, parts)), DIGITS, multi_label=False)

    def _entry(self, part: re.Match[str]) -> Entry:
        file, speaker = part[0], part["speaker"]
        split = self._split(speaker, int(part["take"]))
        return Entry(
            file.removesuffix(".wav"), f"recordings/{file}", 0.0, None, (part["digit"],), split, 0, group=speaker
        )

    def _split(self, speaker: str, take: int) -> str:
        test = take in TEST_TAKES if self.test_speaker is None else speaker == self.test_speaker
        if test:
            return "test"
        return "val" if take in self.val_takes else "train"


class FSDD(AudioDataModule):
    """Free Spoken Digit Dataset for training and evaluation, clips of 1 s.

    Args:
        root: the folder with `recordings`; None takes `$SEPCL_DATA/free-spoken-digit-dataset`.
        val_takes: takes that are the validation part.
        test_speaker: all takes of this speaker are the test part instead of takes 0 to 4 of everybody.
        clip_seconds: as in `AudioDataModule`.
        kwargs: the other arguments of `AudioDataModule`.
    """

    def __init__(
        self,
        root: str | None = None,
        val_takes: list[int] = [5, 6],  # noqa: B006 - never changed; a list is what the command line can show
        test_speaker: str | None = None,
        clip_seconds: float | None = 1.0,
        **kwargs: Any,
    ) -> None:
        corpus = FSDDCorpus(root, val_takes=val_takes, test_speaker=test_speaker)
        super().__init__(corpus, clip_seconds=clip_seconds, **kwargs)
