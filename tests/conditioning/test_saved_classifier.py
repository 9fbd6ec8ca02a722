"""Classifiers as files."""

import pytest
import torch
from safetensors.torch import save_file

from lightning_sepcl.conditioning import SavedClassifier, save_classifier
from lightning_sepcl.conditioning.saved_classifier import classifier_of
from lightning_sepcl.errors import UserError
from tests.fakes.classifier import description, small_classifier


@pytest.mark.parametrize("classes", [("bell", "drum", "rain"), ()])
def test_what_is_loaded_is_what_was_saved(classes, tmp_path):
    classifier, wave = small_classifier(5, classes=classes), 0.1 * torch.randn(1, 16000)
    save_classifier(tmp_path / "c.safetensors", classifier)
    loaded = SavedClassifier(str(tmp_path / "c.safetensors"), hop_frames=5, fine_tuned=1)
    assert (loaded.classes, loaded.sample_rate, loaded.fine_tuned) == (classes, 16000, 1)
    torch.testing.assert_close(loaded(wave).detach(), classifier(wave), atol=1e-5, rtol=1e-4)


def test_the_parts_of_a_trained_method_become_one():
    trained = small_classifier(seed=3, standardised=True)
    trained.standardise.fitted.fill_(True)
    trained.standardise.mean.fill_(-4.0)
    made = classifier_of(description(standardised=True), trained.encoder, trained.head, trained.standardise)
    wave = 0.1 * torch.randn(1, 16000)
    torch.testing.assert_close(made(wave), trained(wave))


def test_files_of_something_else_are_told(tmp_path):
    path = tmp_path / "x.safetensors"
    with pytest.raises(UserError, match=r"no classifier .*: name a file that `sepcl save-classifier` wrote"):
        SavedClassifier(str(path))
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(UserError, match="holds no classifier: name a file"):
        SavedClassifier(str(path))
    save_file({"a": torch.zeros(1)}, path, {"classifier": '{"classes": []}'})
    with pytest.raises(UserError, match="no classifier of this version of the suite"):
        SavedClassifier(str(path))
    save_classifier(path, small_classifier())
    with pytest.raises(ValueError, match="`fine_tuned` is 30"):
        SavedClassifier(str(path), fine_tuned=30)
