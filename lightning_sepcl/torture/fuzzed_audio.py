"""Audio files with mutated headers and bodies: WAV, FLAC, Ogg."""

from __future__ import annotations

import random
import resource
import shutil
from pathlib import Path

import numpy as np

from lightning_sepcl.audio.reading import UnreadableAudio, read_audio
from lightning_sepcl.data.audio_folder import AudioFolder
from lightning_sepcl.errors import exit_status
from lightning_sepcl.torture.fault import Fault, Kept, promise
from lightning_sepcl.torture.mutation import mutated
from lightning_sepcl.torture.sounds import FORMATS, write_sounds

SAMPLE_RATE = 8000
GOOD = 4
MEMORY_BYTES = 8 << 30
LIMIT_SECONDS = 60.0
READ, LEFT_OUT = "read it", "left it out"


class FuzzedAudio(Fault):
    """A folder of four good recordings and a mutated one."""

    kind = "fuzzed-audio"
    title = "Mutated WAV, FLAC and Ogg files"
    promised = "read, or left out and counted, or a sentence; never a traceback, a hang, or samples that are no numbers"
    share = 30

    def inject(self, dice: random.Random, folder: Path) -> Kept:
        """Read it by itself and as part of a cache."""
        recordings = folder / "recordings"
        write_sounds(recordings, GOOD, 0.4, SAMPLE_RATE)
        original = dice.choice(sorted(recordings.rglob("*.*")))
        victim = recordings / f"victim{original.suffix}"
        victim.write_bytes(mutated(original.read_bytes(), dice))
        act = (read_both_ways, [str(recordings), victim.name, str(folder / "cache")])
        ended = self.site.nursery.start(act, folder).ended(LIMIT_SECONDS)
        promise(ended.code in (0, 2) and not ended.stumbled, f"a mutated {original.name}: {ended}")
        promise(ended.code == 0 or ended.refused, f"a mutated {original.name} was refused without a sentence: {ended}")
        if ended.code == 0:
            promise(READ in ended.said or LEFT_OUT in ended.said, f"a mutated {original.name}: {ended}")
        shutil.rmtree(folder / "cache", ignore_errors=True)
        return Kept(refused=ended.code != 0, read=ended.code == 0)


def read_both_ways(recordings: str, victim: str, cache: str) -> int:
    """Build a cache of a folder, and read one of its files alone; both must agree on whether it is sound."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))  # a header may announce any length

    def read() -> int:
        data = AudioFolder(
            root=recordings, cache_dir=cache, sample_rate=SAMPLE_RATE, clip_seconds=None, max_skipped=0.9
        )
        data.prepare_data()
        clips = [data.cache.clip(number) for number in range(len(data.cache))]
        assert len(clips) + len(data.cache.skipped) == len(data.manifest)
        try:
            wave = read_audio(Path(recordings) / victim, SAMPLE_RATE)
        except UnreadableAudio as error:
            print(f"{LEFT_OUT}: {error}")
            return 0
        assert np.isfinite(wave).all()
        print(READ)
        return 0

    return exit_status(read)


assert len(FORMATS) <= GOOD  # each is mutated
