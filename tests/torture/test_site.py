import pytest
import torch

from lightning_sepcl.torture.site import TRAINED, checksums, differences, trained_bits


def test_differences_are_named():
    assert differences({"a": "1", "b": "2"}, {"a": "1", "b": "2"}) == ""
    assert differences({"a": "1", "c": "3"}, {"a": "2", "b": "2"}) == "b is missing, a differs, c is too much"


def test_hidden_files_and_locks_do_not_count(tmp_path):
    for name in ("a.csv", ".a.csv.123", "b.lock", "c/d.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    assert list(checksums(tmp_path)) == ["a.csv", "c/d.wav"]


@pytest.mark.parametrize("key", TRAINED)
def test_every_number_of_a_checkpoint_counts(tmp_path, key):
    def bits(value):
        content = {name: {"weight": torch.zeros(3), "steps": 1} for name in TRAINED}
        content[key] = {"weight": torch.tensor([0.0, value, 0.0]), "steps": 1}
        torch.save(content, tmp_path / "a.ckpt")
        return trained_bits(tmp_path / "a.ckpt")

    assert bits(0.0) == bits(0.0)
    assert bits(0.0) != bits(1e-30)


def test_what_cannot_be_read_equals_nothing(tmp_path):
    (tmp_path / "a.ckpt").write_bytes(b"")
    assert trained_bits(tmp_path / "a.ckpt") == "unreadable"
