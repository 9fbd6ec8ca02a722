"""Semi-supervised training: which clips tell their labels when only a share of all labels is to be used."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from lightning_sepcl.data.dealing import drawn
from lightning_sepcl.data.manifest import Entry
from lightning_sepcl.errors import UserError


def telling(entries: Sequence[Entry], fraction: float, stratified: bool, seed: int) -> frozenset[str]:
    """Keys of the clips that tell their labels, drawn by a seeded hash: a smaller share is a part of a larger one.

    Args:
        entries: clips of which some have labels.
        fraction: share of the labelled clips, above 0 to 1, rounded to whole clips.
        stratified: that share of each class, one clip of each at least, instead of all clips alike.
        seed: another one draws other clips.

    Raises:
        UserError: a class that the clips have would be left without any.
    """
    known = [entry for entry in entries if entry.labels]
    by_class: dict[str, list[str]] = defaultdict(list)
    for entry in known:
        for label in entry.labels:
            by_class[label].append(entry.key)
    if stratified:
        of_classes = (drawn(keys, max(fraction, 1 / len(keys)), seed) for keys in by_class.values())
        return frozenset(key for keys in of_classes for key in keys)
    told = drawn((entry.key for entry in known), fraction, seed)
    left_out = sorted(name for name, keys in by_class.items() if told.isdisjoint(keys))
    if left_out:
        raise UserError(
            f"label_fraction={fraction:g} draws {len(told)} of {len(known)} labelled clips and leaves "
            f"{len(left_out)} of {len(by_class)} classes without any ({', '.join(left_out[:3])}"
            f"{', ...' if len(left_out) > 3 else ''}): set label_stratified=true, or a larger label_fraction"
        )
    return told


def refuse_fraction(fraction: float) -> None:
    """Check a share of labels.

    Raises:
        ValueError: not above 0, or above 1.
    """
    if not 0 < fraction <= 1:
        raise ValueError(
            f"label_fraction={fraction:g} should lie above 0 and be at most 1; to train without labels choose a method "
            "that needs none, such as SimCLR"
        )
