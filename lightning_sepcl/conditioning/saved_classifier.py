"""A classifier as one file: its weights, and all that is needed to build it again."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from lightning_sepcl.conditioning.description import Description, described
from lightning_sepcl.conditioning.patch_classifier import PatchClassifier
from lightning_sepcl.errors import UserError
from lightning_sepcl.separation.saved import BUILD_ERRORS, in_a_line, read_described, write_described

KEY = "classifier"
"""Under it the file's metadata holds the description."""
MADE_BY = "sepcl save-classifier"


class SavedClassifier(PatchClassifier):
    """A classifier, or an encoder as one, from the file that `sepcl save-classifier` wrote.

    Args:
        file: a .safetensors file.
        hop_frames: feature frames from one patch to the next; the paper's is 1, with a tenth of the work at 10.
        fine_tuned: how many layers, counted from the last, can be trained; the others are frozen.

    Raises:
        UserError: no such file, or not one of these.
    """

    def __init__(self, file: str, hop_frames: int = 10, fine_tuned: int = 0) -> None:
        found, state = read_described(Path(file), "classifier", MADE_BY)
        if KEY not in found:
            raise UserError(f"{file} holds no classifier: name a file that `{MADE_BY}` wrote")
        try:
            description = described(found[KEY])
            super().__init__(description, hop_frames, fine_tuned)
            self.load_state_dict(state)
        except BUILD_ERRORS as error:
            if "fine_tuned" in str(error) or "hop_frames" in str(error):
                raise
            raise UserError(f"{file} holds no classifier of this version of the suite ({in_a_line(error)})") from error


def save_classifier(path: str | Path, classifier: PatchClassifier) -> None:
    """Write a classifier as a safetensors file; how densely it is asked, and what is fine-tuned, is not kept.

    Raises:
        UserError: the path does not end in `.safetensors`.
    """
    write_described(Path(path), classifier, KEY, classifier.description.as_plain())


def classifier_of(
    description: Description, encoder: nn.Module, head: nn.Module | None, standardise: nn.Module | None
) -> PatchClassifier:
    """A classifier with the weights of a trained method's parts.

    Args:
        description: which parts they are.
        encoder: of the method.
        head: its linear classifier, if it has one.
        standardise: of its front end, if it has one.
    """
    classifier = PatchClassifier(description)
    classifier.encoder.load_state_dict(encoder.state_dict())
    if head is not None:
        classifier.head.load_state_dict(head.state_dict())
    if standardise is not None:
        classifier.standardise.load_state_dict(standardise.state_dict())
    return classifier
