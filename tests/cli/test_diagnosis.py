"""Values of a wrong type and things that are missing."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("model.temperature", "warm", "expected float, found 'warm'"),
        ("model.encoder.width", "2.5", "expected int, found '2.5'"),
        ("model.augmentations.0.p", "often", "expected float, found 'often'"),
        ("model.optimizer.lr", "fast", "expected float"),
        ("trainer.max_epochs", "1.5", "expected int | null, found '1.5'"),
        ("trainer.deterministic", "perhaps", "expected bool"),
        ("data.batch_size", "null", "expected int, found null"),
        ("threads", "many", "expected int | null, found 'many'"),
        ("seed_everything", "lucky", "expected bool | int, found 'lucky'"),
        ("model.augmentations", "3", "expected list[ToyAugmentation] | null, found '3'"),
    ],
)
def test_a_value_of_a_wrong_type(refused, option, value, expected):
    message = refused(f"fit --config base.yaml --{option}={value}")
    assert message.startswith(f"error: --{option}: {expected}"), message
    assert len(message.splitlines()) == 1


def test_in_a_file_with_its_line(refused):
    Path("over.yaml").write_text(
        "model:\n  init_args:\n    augmentations:\n      - Louder\n      - {class_path: Louder,\n"
        "         init_args: {p: [1]}}\n"
    )
    message = refused("fit --config base.yaml --config over.yaml")
    assert message == "error: over.yaml:6: model.augmentations.1.p: expected float, found [1]\n"


def test_several_at_once(refused):
    message = refused("fit --config base.yaml --model.temperature=x --data.batch_size=y")
    assert len(message.splitlines()) == 2


def test_what_is_missing(refused):
    assert "say which model: `--model NAME`" in refused("fit --data Numbers")
    assert "say which data" in refused("fit --model ToySimCLR --model.encoder Straight")
    assert "model.encoder is missing: ToySimCLR needs it" in refused("fit --model ToySimCLR --data Numbers")
    assert "say which ToyEncoder" in refused("fit --model ToySimCLR --data Numbers --model.encoder.width 3")


def test_a_constructor_that_refuses(refused):
    assert refused("fit --config base.yaml --model.temperature=-0.5") == (
        "error: `temperature` is -0.5: it must be above 0\n"
    )
