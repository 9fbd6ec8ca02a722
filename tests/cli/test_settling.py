"""Names: found, refused with the nearest one, kept or dropped when a class changes."""

from __future__ import annotations

from pathlib import Path

import pytest

SUITE = "tests.cli.toy_suite"


def test_bare_names_become_paths_nested_too(config):
    init = config("--config base.yaml")["model"]["init_args"]
    assert init["encoder"]["class_path"] == f"{SUITE}.Straight"
    assert [a["class_path"] for a in init["augmentations"]] == [f"{SUITE}.Louder", f"{SUITE}.Later"]


def test_short_forms(config):
    found = config(
        "--model.temperature 0.5 --config base.yaml --model.init_args.encoder.init_args.width=3 "
        "--data.batch_size 3 --model.augmentations.0.p=0.1 --model.augmentations+=Louder --model.encoder.p 0"
    )
    init = found["model"]["init_args"]
    assert init["temperature"] == 0.5
    assert init["encoder"]["init_args"] == {"width": 3, "p": 0.0}
    assert [a["init_args"].get("p") for a in init["augmentations"]] == [0.1, None, 1.0]
    assert found["data"]["init_args"]["batch_size"] == 3


def test_values_as_sweeps_write_them(config):
    found = config(
        "--config=base.yaml --trainer.enable_progress_bar=False --trainer.detect_anomaly=True --data.root=None "
        "--trainer.gradient_clip_val=None --trainer.max_epochs=3 --model.optimizer.lr=1e-3 --data.batch_size=null"[
            :-23
        ],
        "--model.augmentations=[{'class_path': 'Louder', 'init_args': {'p': 0.3}}]",
    )
    assert found["trainer"]["enable_progress_bar"] is False
    assert found["trainer"]["detect_anomaly"] is True
    assert found["trainer"]["gradient_clip_val"] is None
    assert found["model"]["init_args"]["augmentations"][0]["init_args"]["p"] == 0.3
    assert found["data"]["init_args"]["root"] is None


def test_text_stays_text(config):
    assert config("--config base.yaml --data.root 007")["data"]["init_args"]["root"] == "007"


def test_a_whole_experiment_on_the_command_line(config):
    found = config("--model ToySimCLR --model.encoder Bent --model.encoder.hidden 7 --data Numbers")
    assert found["model"]["init_args"]["encoder"]["init_args"] == {"width": 8, "hidden": 7}


def test_recipes_and_mappings_of_parts(config):
    words = ["--model.optimizer", "SGD", "--model.optimizer.lr", "0.5", "--model.readouts", "{deep: {layer: 3}}"]
    init = config("--config base.yaml", *words)["model"]["init_args"]
    assert init["optimizer"]["class_path"] == "torch.optim.SGD"
    assert init["optimizer"]["init_args"]["lr"] == 0.5
    assert init["readouts"] == {"deep": {"class_path": f"{SUITE}.Readout", "init_args": {"layer": 3}}}


def test_a_default_part_keeps_its_other_arguments(config):
    optimizer = config("--config base.yaml --model.optimizer.weight_decay 0.1")["model"]["init_args"]["optimizer"]
    assert optimizer["class_path"] == "torch.optim.Adam"
    assert (optimizer["init_args"]["lr"], optimizer["init_args"]["weight_decay"]) == (0.01, 0.1)


def test_a_change_of_class_tells_what_it_keeps_and_drops(sepcl):
    answer = sepcl("fit --config base.yaml --model ToyJoint --print_config")
    told = "--model: model becomes ToyJoint instead of ToySimCLR: keeps augmentations, encoder; drops temperature"
    assert sorted(told.split()) == sorted(
        answer.err.splitlines()[0].replace("encoder, augmentations", "augmentations, encoder").split()
    )
    init = answer.config["model"]["init_args"]
    assert init["encoder"]["init_args"]["width"] == 6
    assert init["balance"] == 0.5
    assert "temperature" not in init


def test_a_change_in_an_overlay_names_file_and_line(sepcl):
    Path("over.yaml").write_text("inherits: [base.yaml]\nmodel:\n  init_args:\n    encoder: {class_path: Bent}\n")
    answer = sepcl("fit --config over.yaml --print_config")
    assert "over.yaml:4: model.encoder becomes Bent instead of Straight: keeps width; drops p" in answer.err
    assert answer.config["model"]["init_args"]["encoder"]["init_args"] == {"width": 6, "hidden": 5}


def test_arguments_written_with_the_new_class_are_not_called_kept(sepcl):
    words = ("--model.encoder", "{class_path: Bent, init_args: {width: 2}}")
    answer = sepcl("fit --config base.yaml --print_config", *words)
    assert "Bent instead of Straight: drops p\n" in answer.err
    assert answer.config["model"]["init_args"]["encoder"]["init_args"]["width"] == 2


def test_the_same_class_named_again_changes_nothing(sepcl):
    answer = sepcl(f"fit --config base.yaml --model {SUITE}.ToySimCLR --print_config")
    assert "becomes" not in answer.err
    assert answer.config["model"]["init_args"]["temperature"] == 0.2


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("--trainer.max_epoch 1", ["no option trainer.max_epoch", "did you mean trainer.max_epochs?"]),
        ("--trainr.max_epochs 1", ["no option trainr", "did you mean trainer?"]),
        ("--seed 1", ["no option seed", "did you mean seed_everything?"]),
        ("--model ToySimclrr", ["did you mean ToySimCLR?", "ToyJoint, ToyMethod, ToySimCLR"]),
        ("--model nowhere.Thing", ["cannot import nowhere.Thing"]),
        (f"--model {SUITE}.Straight", ["is not a kind of ToyMethod"]),
        ("--model.nonsense 1", ["ToySimCLR has no argument 'nonsense'", "it takes: ", "temperature"]),
        ("--model.temprature 1", ["did you mean temperature?"]),
        ("--model.encoder.hidden 1", ["Straight has no argument 'hidden'", "it takes: p, width"]),
        ("--model.augmentations.0.q 1", ["model.augmentations.0.q", "Louder has no argument 'q'"]),
        ("--model.augmentations.5.p 1", ["'5' is not a position of this list, which has 2"]),
        ("--model.seed 1", ["model.seed follows seed_everything"]),
        ("--data.seed 1", ["data.seed follows seed_everything"]),
        ("--model.sample_rate 1", ["model.sample_rate follows the data"]),
        ("--trainer.callbacks+ ModelCheckpont", ["did you mean ModelCheckpoint?"]),
        ("--trainer 3", ["trainer is a block of options"]),
    ],
)
def test_wrong_names_on_the_command_line(refused, line, parts):
    message = refused(f"fit --config base.yaml {line}")
    assert message.startswith(f"error: {line.split()[0].removesuffix('+')}")
    assert all(part in message for part in parts), message


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("model:\n  init_args:\n    temprature: 1\n", ["over.yaml:3: model.temprature", "did you mean temperature?"]),
        ("model:\n  init_args: {encoder: {init_args: {widht: 1}}}", ["over.yaml:2: model.encoder.widht", "width"]),
        ("trainer:\n\n  max_epoch: 1\n", ["over.yaml:3: no option trainer.max_epoch"]),
        ("modle: {}\n", ["over.yaml:1: no option modle; did you mean model?"]),
        ("model:\n  temperature: 1\n", ["over.yaml:2: write temperature below init_args"]),
        ("model:\n  init_args:\n    augmentations:\n      - Loud\n", ["over.yaml:4", "did you mean Louder?"]),
    ],
)
def test_wrong_names_in_a_file_are_given_with_file_and_line(refused, text, parts):
    Path("over.yaml").write_text(text)
    message = refused("fit --config base.yaml --config over.yaml")
    assert all(part in message for part in parts), message
