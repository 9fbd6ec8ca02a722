"""Files that change under a packed cache: a byte of its audio, its index, its notes, a recording it was made from."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

from lightning_sepcl.data.audio_folder import AudioFolder
from lightning_sepcl.data.cache_format import AUDIO, INDEX, META, SKIPPED
from lightning_sepcl.errors import exit_status
from lightning_sepcl.torture.child import Ended
from lightning_sepcl.torture.fault import Fault, Kept, promise
from lightning_sepcl.torture.killed_cache import CacheBuilding
from lightning_sepcl.torture.site import LIMIT_SECONDS, checksums, differences
from lightning_sepcl.torture.sounds import sound

DAMAGES = ("flip", "flip", "truncate", "garble")


def read_cache(recordings: str, cache: str) -> int:
    """Read every clip, as an epoch of training does."""

    def read() -> int:
        data = AudioFolder(root=recordings, cache_dir=cache)
        data.prepare_data()
        for number in range(len(data.cache)):
            data.cache.clip(number, 0, 100)
        return 0

    return exit_status(read)


class ChangedFiles(Fault):
    """In three of four the cache itself is damaged, else a recording is replaced."""

    kind = "changed-files"
    title = "Files change under a packed cache: bytes flipped, files truncated, a recording replaced"
    promised = "refused with a sentence, or another cache is built; never wrong data"
    share = 8

    def inject(self, dice: random.Random, folder: Path) -> Kept:
        """A cache like the undisturbed one, and a change."""
        job = CacheBuilding()
        self.site.reference(job)
        shutil.copytree(self.site.place(job), folder / "cache")
        if dice.random() < 0.25:
            return self._replaced(dice, folder)
        return self._damaged(dice, folder, self.site.shared(job) / "recordings")

    def _read(self, recordings: Path, cache: Path) -> Ended:
        act = (read_cache, [str(recordings), str(cache)])
        return self.site.nursery.start(act, cache.parent, {"SEPCL_WORKERS": "1"}).ended(LIMIT_SECONDS)

    def _damaged(self, dice: random.Random, folder: Path, recordings: Path) -> Kept:
        (cache,) = (path for path in (folder / "cache").iterdir() if path.is_dir())
        name, damage = dice.choice((AUDIO, INDEX, META, SKIPPED)), dice.choice(DAMAGES)
        changed(cache / name, damage, dice)
        expected = self.site.reference(CacheBuilding()).products
        now = checksums(folder / "cache")
        ended = self._read(recordings, folder / "cache")
        if ended.code == 0 and name in (META, SKIPPED):
            return Kept(read=True)  # what is not sound, such as the reason why a clip was skipped
        promise(ended.refused and cache.name in ended.said, f"{name} after a {damage} was not refused: {ended}")
        promise(now != expected, f"{name} was not changed by a {damage}")
        shutil.rmtree(cache)  # what the sentence says
        ended = self._read(recordings, folder / "cache")
        found = differences(checksums(folder / "cache"), expected)
        promise(ended.code == 0 and not found, f"built anew after a {damage} of {name}: {found} {ended}")
        return Kept(refused=True, same_bits=True)

    def _replaced(self, dice: random.Random, folder: Path) -> Kept:
        recordings = folder / "recordings"
        shutil.copytree(self.site.shared(CacheBuilding()) / "recordings", recordings)
        build = [self._read(recordings, folder / "cache")]
        victim = dice.choice(sorted(recordings.rglob("*.wav")))
        _replace(victim, dice)
        build += [self._read(recordings, folder / name) for name in ("cache", "fresh")]
        promise(all(ended.code == 0 for ended in build), f"a replaced recording: {build}")
        (fresh,) = (path for path in (folder / "fresh").iterdir() if path.is_dir())
        found = differences(checksums(folder / "cache" / fresh.name), checksums(fresh))
        promise(not found, f"the cache after {victim.name} was replaced: {found}")
        return Kept(same_bits=True)


def changed(file: Path, damage: str, dice: random.Random) -> None:
    """Flip a bit, cut the end off, or write noise over a stretch."""
    data = bytearray(file.read_bytes())
    place = dice.randrange(len(data))
    if damage == "flip":
        data[place] ^= 1 << dice.randrange(8)
    elif damage == "truncate":
        del data[place:]
    else:
        data[place : place + 64] = dice.randbytes(64)
    file.write_bytes(data)


def _replace(victim: Path, dice: random.Random) -> None:
    """Another recording of the same length, as an editor or a copy would write it."""
    import soundfile as sf

    info = sf.info(str(victim))
    before = victim.stat().st_mtime_ns
    sf.write(victim, sound(dice.randrange(1000, 2000), info.frames, info.samplerate), info.samplerate, info.subtype)
    if victim.stat().st_mtime_ns == before:  # a file system with coarse times
        os.utime(victim, ns=(before + 10**9, before + 10**9))
