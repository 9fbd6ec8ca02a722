"""What a separator makes of a clip: its channels to listen to, and a picture of each."""

from __future__ import annotations

import math
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import soundfile as sf

from lightning_sepcl.audio.reading import Audio, read_audio
from lightning_sepcl.explore.page.answer import Answer
from lightning_sepcl.explore.page.clips import PICTURE, Clips
from lightning_sepcl.explore.page.sound import WAV, wav_bytes
from lightning_sepcl.explore.separate import Channel, separate_file
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
        """For each channel the names under which sound and picture are kept, and how loud it is.

        That is its level in dB re full scale (None for silence) and the share of the clip that it explains.

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
            waves = [read_audio(channel.path, rate) for channel in done.channels]
        _, *pictures = self.clips.draw([clip[0], *(wave[0] for wave in waves)], rate)  # colours are those of the clip
        parts = zip(done.channels, waves, pictures, strict=True)
        return [self._kept(f"channel-{row}-{number}", *part, rate) for number, part in enumerate(parts, start=1)]

    def _kept(self, name: str, channel: Channel, wave: Audio, picture: bytes, rate: int) -> dict[str, Any]:
        self.clips.shelf.put(f"{name}-sound", Answer(wav_bytes(wave, rate), WAV, ranges=True))
        self.clips.shelf.put(f"{name}-picture", Answer(picture, PICTURE))
        silent = channel.level_db == -math.inf
        level, share = (None, None) if silent else (round(channel.level_db, 1), round(channel.share, 3))
        return {"sound": f"kept/{name}-sound", "picture": f"kept/{name}-picture", "level_db": level, "share": share}
