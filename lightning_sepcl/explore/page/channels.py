"""What a separator makes of a clip: its channels to listen to, and a picture of each."""

from __future__ import annotations

import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import soundfile as sf

from lightning_sepcl.audio.reading import read_audio
from lightning_sepcl.explore.page.answer import Answer
from lightning_sepcl.explore.page.clips import PICTURE, Clips
from lightning_sepcl.explore.page.sound import WAV, wav_bytes
from lightning_sepcl.explore.separate import SeparatedFile, separate_file
from lightning_sepcl.separation.base import Separator


@dataclass(frozen=True)
class Channels:
    """Takes clips apart, one at a time.

    Attributes:
        clips: the collection.
        separator: in evaluation mode, on its device.
    """

    clips: Clips
    separator: Separator
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, row: int) -> list[dict[str, Any]]:
        """The recording's own stretch first, then its channels: under which names sound and picture are kept.

        Each has its level in dB re full scale (None for silence) and the share of the clip that it explains.

        Raises:
            UserError: the file is not there, or damaged.
        """
        start, end, _ = self.clips.times(row)
        rate = self.separator.sample_rate
        clip = read_audio(self.clips.file(row), rate, start=start, duration=end - start)
        with tempfile.TemporaryDirectory(prefix="sepcl-channels-") as folder, self._lock:
            file = Path(folder) / "clip.wav"
            sf.write(file, clip.T, rate, subtype="FLOAT")
            done = separate_file(self.separator, file, Path(folder))
            waves = [clip, *(read_audio(channel.path, rate) for channel in done.channels)]
        for number, picture in enumerate(self.clips.draw([wave[0] for wave in waves], rate)):
            self.clips.shelf.put(f"channel-{row}-{number}-sound", Answer(wav_bytes(waves[number], rate), WAV, ranges=True))
            self.clips.shelf.put(f"channel-{row}-{number}-picture", Answer(picture, PICTURE))
        return [_told(row, number, done) for number in range(1 + len(done.channels))]


def _told(row: int, number: int, done: SeparatedFile) -> dict[str, Any]:
    kept = {kind: f"kept/channel-{row}-{number}-{kind}" for kind in ("sound", "picture")}
    if number == 0:
        return {**kept, "name": "as recorded"}
    channel = done.channels[number - 1]
    silent = channel.level_db == float("-inf")
    level, share = (None, None) if silent else (round(channel.level_db, 1), round(channel.share, 3))
    return {**kept, "name": f"channel {number}", "level_db": level, "share": share}
