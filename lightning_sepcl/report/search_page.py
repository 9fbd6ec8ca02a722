"""The page of a search: the example and what was found, as pictures with players, in one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from lightning_sepcl.report.html import document, section
from lightning_sepcl.report.listening import Excerpt, data_url, sounds_within
from lightning_sepcl.report.pictures import thumbnail
from lightning_sepcl.whole_file import whole_text

SOUND_BYTES = 3_000_000
LENGTHS_SECONDS = (10.0, 5.0, 4.0, 3.0, 2.0, 1.0)


@dataclass(frozen=True, slots=True)
class Sound:
    """A stretch of a recording.

    Attributes:
        name: of the recording.
        start: seconds.
        end: seconds.
        score: similarity to the example; None for the example itself.
        wave: (sample,) full scale 1; None where the recording is not at hand.
        sample_rate: Hz of `wave`.
    """

    name: str
    start: float
    end: float
    score: float | None
    wave: NDArray[Any] | None
    sample_rate: int


def write_search_page(path: Path, asked: Sound, found: Sequence[Sound], collection: str) -> None:
    """Write the page: about 4 MB at most, without scripts, nothing loaded from outside.

    Args:
        path: of the page.
        asked: the example.
        found: what is like it, best first.
        collection: what was searched, in words.
    """
    sounds = [asked, *found]
    waves = {str(i): (s.wave, s.sample_rate) for i, s in enumerate(sounds) if s.wave is not None}
    heard = sounds_within(waves, dict.fromkeys(waves, 1), SOUND_BYTES, LENGTHS_SECONDS)
    cards = [_card(sound, heard.get(str(i))) for i, sound in enumerate(sounds)]
    told = "Best first, with the cosine of the standardised embeddings: 1 is the same, 0 is unrelated."
    longest = max((len(piece.wave) / piece.sample_rate for piece, _ in heard.values()), default=0.0)
    if any(s.end - s.start > longest + 0.1 for i, s in enumerate(sounds) if str(i) in heard):
        told += f" Of longer stretches the loudest {longest:g} s are heard."
    told += " Levels are evened out." if heard else ""
    if silent := len(sounds) - len(heard):
        told += f" {silent} of {len(sounds)} recordings were not found and cannot be heard."
    body = [
        f'<h1>Sounds like {escape(asked.name)}</h1>\n<p class="facts"><span>{escape(collection)}</span></p>',
        f'<div class="found" style="margin-top:26px">{cards[0]}</div>',
        section("Found", told, f'<div class="found">{"".join(cards[1:])}</div>' if found else ""),
    ]
    whole_text(path, document(f"Sounds like {asked.name}", body))


def _card(sound: Sound, heard: tuple[Excerpt, str] | None) -> str:
    name = escape(sound.name)
    kind, score = ("asked", "example") if sound.score is None else ("other", f"<b>{sound.score:.3f}</b>")
    player = ""
    if heard is not None:
        piece, url = heard
        picture = data_url(thumbnail(piece.wave, piece.sample_rate), "image/jpeg")
        player = (
            f'<img src="{picture}" alt="spectrogram of {name}">'
            f'<audio controls preload="none" src="{url}" title="{name}"></audio>'
        )
    return (
        f'<div class="clip {kind}"><div class="score"><span>{score}</span>'
        f"<span>{sound.start:.1f} – {sound.end:.1f} s</span></div>"
        f'<div class="label" title="{name}">{escape(Path(sound.name).name)}</div>'
        f"{_folder(Path(sound.name).parent.as_posix())}{player}</div>"
    )


def _folder(name: str) -> str:
    return "" if name == "." else f'<div class="key" title="{escape(name)}">{escape(name)}</div>'
