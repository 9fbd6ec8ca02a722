"""What augmentations made of other augmentations have in common."""

from __future__ import annotations

import torch

from lightning_sepcl.augment.base import Augmentation, Params


class Composite(Augmentation):
    """Base of `Chain` and `OneOf`: they are of their parts' domain, and pass on what they are told.

    Args:
        augmentations: the parts.

    Raises:
        ValueError: there are no parts, waves and features are mixed, or parts whose draw is shared by the views of a
            clip are mixed with others.
    """

    def __init__(self, augmentations: list[Augmentation]) -> None:
        name = type(self).__name__
        if not augmentations:
            raise ValueError(f"{name}: `augmentations` is empty; give it one augmentation at least")
        domains = {part.domain for part in augmentations} - {"any"}
        if len(domains) > 1:
            listed = ", ".join(f"{type(part).__name__} ({part.domain})" for part in augmentations)
            raise ValueError(f"{name}: augmentations of waves and of features cannot be mixed, found {listed}")
        particular = [part for part in augmentations if part.domain != "any"]
        if len({part.shared_by_views for part in particular}) > 1:
            raise ValueError(
                f"{name}: some augmentations are drawn once per clip, others once per view; "
                f"list these apart: {', '.join(type(p).__name__ for p in particular if p.shared_by_views)}"
            )
        self.augmentations = augmentations
        self.domain = domains.pop() if domains else "any"
        self.shared_by_views = any(part.shared_by_views for part in particular)
        self.uses_other_examples = any(part.uses_other_examples for part in augmentations)

    def prepare(self, sample_rate: int, views: int = 1) -> None:
        """Told to each part."""
        super().prepare(sample_rate, views)
        for part in self.augmentations:
            part.prepare(sample_rate, views)

    def draw(self, shape: torch.Size, generator: torch.Generator) -> Params:
        """Each part's draw for all examples, by its place in the list."""
        return {str(i): part.draw(shape, generator) for i, part in enumerate(self.augmentations)}
