"""Part of the page in which one hears what the representation takes for similar, and sees it for the whole test set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lightning_sepcl.errors import UserError
from lightning_sepcl.report.class_pictures import agreement_figure, map_figure
from lightning_sepcl.report.drawing import CLASS_COLOURS, INK, svg
from lightning_sepcl.report.headline import is_baseline
from lightning_sepcl.report.html import figure, folded, section
from lightning_sepcl.report.listening import Excerpt, Waves, data_url, sounds_within
from lightning_sepcl.report.neighbours import Neighbour, agreement_by_class, choose_queries, neighbours, some_queries
from lightning_sepcl.report.pictures import thumbnail
from lightning_sepcl.report.run_folder import EmbeddedSet

QUERIES, NEIGHBOURS, SEED = 8, 4, 0
SOUND_BYTES = 2_000_000
"""For all sounds of the page, so that the page stays below 4 MB."""

Sounds = dict[str, tuple[Excerpt, str]]


def test_set_sections(embedded: EmbeddedSet, waves: Waves | None) -> list[str]:
    """Neighbours one can listen to, the map of the test set, and the neighbourhood of each class.

    Args:
        embedded: the test set, with at least one representation and two clips.
        waves: gives the clips' sound; None leaves the players out.
    """
    names = chosen_representations(list(embedded.h))
    queries = choose_queries(embedded.target, QUERIES, SEED) or some_queries(len(embedded.keys), QUERIES, SEED)
    found = neighbours(embedded, names[0], queries, NEIGHBOURS)
    used = queries + [n.clip for near in found for n in near]
    sounds, absent = _sounds([embedded.keys[c] for c in used], waves)
    shown = list(dict.fromkeys(label for q in queries for label in embedded.labels(q)[:1]))[: len(CLASS_COLOURS)]
    return [_heard(embedded, names[0], queries, found, sounds, absent, shown, waves), *_seen(embedded, names, shown)]


def chosen_representations(names: Sequence[str]) -> list[str]:
    """The representation that is shown, and a baseline to compare it with where there is one.

    What was learned comes first, `embedding` before others; without anything learned, the first.
    """
    ours = sorted((n for n in names if not is_baseline(n)), key=lambda n: n != "embedding")
    others = [n for n in names if is_baseline(n)]
    return [*ours[:1], *others[:1]] if ours else others[:2]


def _heard(
    embedded: EmbeddedSet, name: str, queries: Sequence[int], found: Sequence[Sequence[Neighbour]], sounds: Sounds,
    absent: int, shown: Sequence[str], waves: Waves | None,
) -> str:  # fmt: skip
    same = [n.same for near in found for n in near]
    labelled = bool(embedded.target.any())
    told = (
        f"{len(queries)} clips of the test set, drawn{' over its classes' if labelled else ''} (seed {SEED}), each "
        f"followed by the {len(found[0])} other clips with the largest cosine in “{name}”."
    )
    if labelled:
        told += f" {sum(same)} of these {len(same)} share a class with the clip they were found by (green)."
    if sounds:
        told += " Each sound is the loudest part of its clip, at most 4 s, its level evened out."
    if waves is None:
        told += " To hear them: sepcl report RUN --root FOLDER_OF_THE_AUDIO."
    elif absent:
        told += f" {absent} of the clips were not found and cannot be heard."
    rows = []
    for q, near in zip(queries, found, strict=True):
        cards = [_card(embedded, q, None, sounds, shown), *[_card(embedded, n.clip, n, sounds, shown) for n in near]]
        rows.append(f'<div class="query">{"".join(cards)}</div>')
    return section("Nearest neighbours", told, "\n".join(rows))


def _card(embedded: EmbeddedSet, clip: int, found: Neighbour | None, sounds: Sounds, shown: Sequence[str]) -> str:
    key, labels = embedded.keys[clip], embedded.labels(clip)
    labelled = bool(embedded.target.any())
    kind = "asked" if found is None else "same" if found.same else "other"
    score = "<span>query</span>"
    if found is not None:
        verdict = f"<b>{'✓ same class' if found.same else '✗'}</b>" if labelled else ""
        score = f"<span>cosine {found.cosine:.3f}</span>{verdict}"
    heard = ""
    if key in sounds:
        piece, url = sounds[key]
        picture = data_url(thumbnail(piece.wave, piece.sample_rate), "image/jpeg")
        heard = (
            f'<img src="{picture}" alt="spectrogram of {escape(key)}">'
            f'<audio controls preload="none" src="{url}" title="{escape(key)}"></audio>'
        )
    dots = "".join(_dot(CLASS_COLOURS[shown.index(label)]) for label in labels if label in shown)
    classes = f'<div class="label">{dots}{escape(", ".join(labels) or "no label")}</div>' if labelled else ""
    return (
        f'<div class="clip {kind}"><div class="score">{score}</div>{classes}'
        f'<div class="key" title="{escape(key)}">{escape(key)}</div>{heard}</div>'
    )


def _dot(colour: str) -> str:
    return f'<span class="dot" style="background:{"currentColor" if colour == INK else colour}"></span>'


def _seen(embedded: EmbeddedSet, names: Sequence[str], shown: Sequence[str]) -> list[str]:
    agreement = {name: agreement_by_class(embedded, name, NEIGHBOURS) for name in names}
    if np.isnan(agreement[names[0]]).all():  # nothing is labelled
        return []
    means = ", ".join(f"{np.nanmean(values):.3f} in “{name}”" for name, values in agreement.items())
    plane = map_figure(embedded, names, shown, SEED)
    told = (
        "The clips of the test set seen along the two directions in which the representation varies most; the share of "
        "the variance stands at the axes. The first class of each query above is coloured."
    )
    per_class = (
        f"For each class, how many of the {NEIGHBOURS} nearest other clips are of the same class, as a mean over its "
        f"clips. Mean over classes: {means}."
    )
    return [
        section("Map of the test set", told, figure(svg(plane, "map", "Map of the test set by class"))),
        section("Class by class", per_class, _agreement(agreement, embedded.class_names)),
    ]


def _agreement(agreement: dict[str, NDArray[Any]], class_names: Sequence[str]) -> str:
    picture = figure(svg(agreement_figure(agreement, class_names), "classes", "Purity of neighbourhoods by class"))
    return picture if len(class_names) <= 20 else folded("Show all classes", picture)


def _sounds(keys: Sequence[str], waves: Waves | None) -> tuple[Sounds, int]:
    if waves is None:
        return {}, 0
    uses = Counter(keys)
    found = {}
    for key in uses:
        try:
            found[key] = waves(key)
        except (KeyError, OSError, UserError):
            continue
    return sounds_within(found, uses, SOUND_BYTES), len(uses) - len(found)
