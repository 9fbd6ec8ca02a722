"""`sepcl plugins --gallery PAGE.html`: what every augmentation of waves does to one sound, to see and to hear."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np
import torch

from lightning_sepcl.audio.reading import read_audio
from lightning_sepcl.augment.base import Augmentation
from lightning_sepcl.cli.families import Family
from lightning_sepcl.cli.signatures import REQUIRED, signature_of, summary_of
from lightning_sepcl.errors import UserError
from lightning_sepcl.report.gallery_page import Shown, gallery_page
from lightning_sepcl.synth.scene import synthetic_scene
from lightning_sepcl.whole_file import whole_text

RATE = 16000
SECONDS = 2.0
ABOUT = (
    "The same sound, as it is and after each augmentation with its default settings, drawn once. Where the published "
    "code of a paper does something else than the paper says, its variant stands beside it."
)


def write_gallery(
    page: Path, sound: Path | None, seed: int, families: Sequence[Family], modules: Sequence[ModuleType]
) -> None:
    """Write the page.

    Args:
        page: to be written.
        sound: file to be changed, of which the first seconds are taken; None: a synthetic voice and a bell.
        seed: of the draws.
        families: where the augmentations are found.
        modules: files of the user's with more of them.

    Raises:
        UserError: the sound cannot be read or is empty, or the page's name is no HTML file's.
    """
    if page.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"--gallery must end in .html, found {page}")
    whole_text(page, gallery_page("Augmentations", ABOUT, shown_sounds(sound, seed, families, modules)))


def shown_sounds(
    sound: Path | None, seed: int, families: Sequence[Family], modules: Sequence[ModuleType]
) -> list[Shown]:
    """The sound as it is, then after each augmentation; arguments and errors as of `write_gallery`."""
    wave = _sound(sound)
    shown = [Shown("as it is", str(sound or "a synthetic voice and a bell"), wave, RATE)]
    generator = torch.Generator().manual_seed(seed)
    for name, says, plugin in plugins(families, modules):
        plugin.prepare(RATE)
        out = plugin(torch.from_numpy(wave)[None, None], generator)
        shown.append(Shown(name, says, out[0, 0].numpy(), RATE))
    return shown


def plugins(families: Sequence[Family], modules: Sequence[ModuleType]) -> Iterator[tuple[str, str, Augmentation]]:
    """Name, summary and plugin of every augmentation of waves that needs nothing but its defaults and one clip."""
    (family,) = (f for f in families if f.name == "augmentation")
    classes = dict.fromkeys(c for module in (None, *modules) for c in family.members(module))
    for cls in classes:
        arguments = signature_of(cls).arguments
        if getattr(cls, "domain", "") != "wave" or any(a.default is REQUIRED for a in arguments.values()):
            continue
        plugin = cls()
        if plugin.uses_other_examples or plugin.least_microphones > 1:
            continue
        yield cls.__name__, summary_of(cls), plugin
        if "variant" in arguments:
            yield f"{cls.__name__}, variant: code", "As in the published code.", cls(variant="code")


def _sound(path: Path | None) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    if path is None:
        return synthetic_scene(3, 0, seconds=SECONDS, sources=(2, 2), classes=["vowel", "bell"]).mixture
    if not path.is_file():
        raise UserError(f"no file {path} for --sound")
    wave = np.ascontiguousarray(read_audio(path, RATE, duration=SECONDS)[0], np.float32)
    if not len(wave):
        raise UserError(f"{path} holds no sound: name another file with --sound")
    return wave
