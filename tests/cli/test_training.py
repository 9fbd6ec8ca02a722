"""The training verbs, end to end in this process."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
import torch
import yaml

from lightning_sepcl.cli.training import build_experiment

KEEP = """
trainer:
  max_epochs: 3
  callbacks:
    - class_path: ModelCheckpoint
      init_args: {every_n_train_steps: 1, save_last: true, save_top_k: -1}
"""


@pytest.fixture
def keep():
    Path("keep.yaml").write_text(f"inherits: [base.yaml]\n{KEEP}")


def weights(path):
    return torch.load(path, weights_only=True)["state_dict"]


def same(a, b):
    return a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)


def test_a_run_fills_its_folder(sepcl):
    assert sepcl("fit --config base.yaml").code == 0
    assert Path("runs/base/config.yaml").is_file()
    assert list(Path("runs/base/checkpoints").glob("*.ckpt"))
    rows = list(csv.DictReader(Path("runs/base/log/version_0/metrics.csv").read_text().splitlines()))
    assert [float(row["loss"]) > 0 for row in rows if row["loss"]] == [True] * 8
    assert sorted(p.name for p in Path().iterdir()) == ["base.yaml", "runs"]


def test_the_saved_experiment_replays_alone(sepcl):
    Path("row.yaml").write_text("inherits: [base.yaml]\nmodel: {init_args: {temperature: '${trainer.max_steps}'}}\n")
    assert sepcl("fit --trainer.max_steps 5 --config row.yaml --seed_everything 3 --run first").code == 0
    saved = yaml.safe_load(Path("first/config.yaml").read_text())
    assert "inherits" not in saved
    assert saved["model"]["init_args"]["temperature"] == 5.0
    assert saved["seed_everything"] == 3
    Path("base.yaml").unlink()
    assert sepcl("fit --config first/config.yaml --run second").code == 0
    (first,), (second,) = (list(Path(r, "checkpoints").glob("*.ckpt")) for r in ("first", "second"))
    assert same(weights(first), weights(second))
    again = yaml.safe_load(Path("second/config.yaml").read_text())
    assert again == saved | {"run": "second"}


def test_numbers_are_written_once_and_reach_the_method():
    cli = build_experiment(["--config", "base.yaml", "--seed_everything", "7"])
    assert (cli.model.sample_rate, cli.model.class_names, cli.model.seed) == (8000, ("dog", "rain"), 7)
    assert cli.datamodule.seed == 7


@pytest.mark.parametrize("word", ["true", "False"])
def test_a_seed_that_is_left_open_is_drawn_and_written_down(sepcl, word):
    for run in ("a", "b"):
        assert sepcl(f"fit --config base.yaml --trainer.max_steps 1 --seed_everything {word} --run {run}").code == 0
    seeds = [yaml.safe_load(Path(run, "config.yaml").read_text())["seed_everything"] for run in ("a", "b")]
    assert all(isinstance(s, int) and not isinstance(s, bool) for s in seeds)
    assert seeds[0] != seeds[1]


def test_defaults_of_the_trainer():
    cli = build_experiment(["--config", "base.yaml"])
    assert torch.are_deterministic_algorithms_enabled()
    assert cli.trainer.num_sanity_val_steps == 0
    assert cli.config.trainer.use_distributed_sampler is False
    assert cli.trainer.default_root_dir == "runs/base"


def test_loggers_of_the_experiment_come_after_the_table():
    def logger(*words):
        return [type(x).__name__ for x in build_experiment(["--config", "base.yaml", *words]).trainer.loggers]

    assert logger() == ["CSVLogger"]
    assert logger("--trainer.logger", "true") == ["CSVLogger"]
    other = "[{class_path: CSVLogger, init_args: {save_dir: other}}]"
    cli = build_experiment(["--config", "base.yaml", "--trainer.logger", other])
    assert [x.save_dir for x in cli.trainer.loggers] == ["runs/base", "other"]
    assert logger("--trainer.logger", "false") == []


def test_threads(sepcl):
    before = torch.get_num_threads()
    try:
        build_experiment(["--config", "base.yaml", "--threads", "2"])
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_continues_bit_for_bit(sepcl, keep):
    assert sepcl("fit --config keep.yaml --run whole").code == 0
    assert sepcl("fit --config keep.yaml --run parts --trainer.max_steps 5").code == 0
    answer = sepcl("fit --config keep.yaml --run parts --resume")
    assert answer.code == 0
    assert "continuing from parts/checkpoints/last.ckpt" in answer.err
    assert same(weights("whole/checkpoints/last.ckpt"), weights("parts/checkpoints/last.ckpt"))
    assert not list(Path("parts").glob("earlier*"))


def test_continues_from_the_one_before_a_broken_one(sepcl, keep):
    assert sepcl("fit --config keep.yaml --run whole").code == 0
    assert sepcl("fit --config keep.yaml --run parts --trainer.max_steps 5").code == 0
    for broken in Path("parts/checkpoints").glob("*step=5.ckpt"), Path("parts/checkpoints").glob("last.ckpt"):
        next(broken).write_bytes(b"cut short")
    answer = sepcl("fit --run parts --resume --trainer.max_steps=-1")
    assert answer.code == 0
    assert "last.ckpt" in answer.err
    assert "cannot be read; continuing from" in answer.err
    assert same(weights("whole/checkpoints/last.ckpt"), weights("parts/checkpoints/last.ckpt"))


def test_resume_starts_where_there_is_nothing_to_continue(sepcl):
    answer = sepcl("fit --config base.yaml --resume")
    assert answer.code == 0
    assert "starting afresh" in answer.err


def test_a_second_run_does_not_mix_with_the_first(sepcl, keep):
    assert sepcl("fit --config keep.yaml").code == 0
    answer = sepcl("fit --config keep.yaml --trainer.max_steps 2")
    assert "runs/keep held an earlier run, now in runs/keep/earlier_1" in answer.err
    assert torch.load("runs/keep/checkpoints/last.ckpt", weights_only=True)["global_step"] == 2
    assert torch.load("runs/keep/earlier_1/checkpoints/last.ckpt", weights_only=True)["global_step"] == 12


def test_judging_a_run(sepcl, keep):
    assert sepcl("fit --config keep.yaml --run mine").code == 0
    weight = weights("mine/checkpoints/last.ckpt")["last.weight"].sum().item()
    before = Path("mine/config.yaml").read_text()
    for line in ("--run mine", "--ckpt_path mine/checkpoints/last.ckpt"):
        for verb in ("test", "validate"):
            answer = sepcl(f"{verb} {line}")
            assert answer.code == 0
            assert f"{weight:.6f}"[:8] in answer.out
            assert "8000.0" in answer.out
    assert sepcl("predict --run mine").code == 0
    assert Path("mine/config.yaml").read_text() == before
    assert not list(Path("mine").glob("earlier*"))


def test_a_run_can_be_moved(sepcl, keep):
    assert sepcl("fit --config keep.yaml --run mine --trainer.max_steps 3").code == 0
    Path("mine").rename("moved")
    assert sepcl("test --run moved").code == 0
    assert sepcl("fit --run moved --resume").code == 0
    assert not Path("mine").exists()


def test_the_command_line_wins_over_what_the_checkpoint_remembers(sepcl, keep):
    assert sepcl("fit --config keep.yaml --run mine --trainer.max_steps 1").code == 0
    assert sepcl("test --run mine --data.batch_size 2 --model.temperature 0.7").code == 0
    cli = build_experiment(["--run", "mine", "--model.temperature", "0.7"])
    assert cli.model.temperature == 0.7


def test_judging_without_a_checkpoint_says_so(sepcl, refused):
    answer = sepcl("test --config base.yaml")
    assert answer.code == 0
    assert "the method as it was initialised" in answer.err
    assert "nowhere has no config.yaml" in refused("test --run nowhere")
    assert "no checkpoint nowhere.ckpt" in refused("test --ckpt_path nowhere.ckpt")
    assert "holds no checkpoint" in refused("test --run nowhere --config base.yaml")
    torch.save({}, "lone.ckpt")
    assert "no config.yaml beside or above lone.ckpt" in refused("test --ckpt_path lone.ckpt")
    assert "no experiment given" in refused("fit")
    assert "--resume belongs to fit" in refused("test --run nowhere --resume")
    assert refused("fit --config nowhere.yaml") == "error: no file nowhere.yaml\n"


def test_an_error_of_the_users_during_training_is_a_message(refused, monkeypatch):
    monkeypatch.setenv("TOY_CRASH", "user")
    assert refused("fit --config base.yaml").splitlines()[-1] == "error: the clip a.wav is broken: record it again"


def test_a_value_that_the_suite_refuses_during_training_is_a_message(refused, monkeypatch):
    monkeypatch.setenv("TOY_CRASH", "refusal")
    assert "error: Toy needs at least 61" in refused("fit --config base.yaml")


def test_a_bug_during_training_keeps_its_traceback(sepcl, monkeypatch):
    monkeypatch.setenv("TOY_CRASH", "bug")
    with pytest.raises(ValueError, match="a bug of ours"):
        sepcl("fit --config base.yaml")


def test_a_sigterm_is_no_success(sepcl, monkeypatch):
    monkeypatch.setenv("TOY_CRASH", "sigterm")
    answer = sepcl("fit --config base.yaml --run parts")
    assert answer.code == 143
    assert answer.err.splitlines()[-1] == "interrupted; continue with: sepcl fit --run parts --resume"


def test_ctrl_c_says_how_to_continue(sepcl, keep, monkeypatch):
    assert sepcl("fit --config keep.yaml --run whole").code == 0
    monkeypatch.setenv("TOY_CRASH", "interrupt")
    answer = sepcl("fit --config keep.yaml --run parts")
    assert answer.code == 130
    assert answer.err.splitlines()[-1] == "interrupted; continue with: sepcl fit --run parts --resume"
    monkeypatch.delenv("TOY_CRASH")
    assert sepcl("fit --run parts --resume").code == 0
    assert same(weights("whole/checkpoints/last.ckpt"), weights("parts/checkpoints/last.ckpt"))


def test_the_trainers_own_refusals_are_messages(refused):
    assert "cuda" in refused("fit --config base.yaml --trainer.accelerator cuda").lower() or torch.cuda.is_available()


def test_plugin_files_work_and_replay(sepcl, config):
    Path("lab").mkdir()
    Path("lab/my_toys.py").write_text(
        "from tests.cli.toy_suite import Straight\n\n\nclass Mine(Straight):\n    '''My own.'''\n"
    )
    Path("lab/row.yaml").write_text(
        "inherits: [../base.yaml]\nplugins: [my_toys.py]\nmodel: {init_args: {encoder: Mine}}"
    )
    found = config("--config lab/row.yaml")
    assert found["model"]["init_args"]["encoder"]["class_path"] == "my_toys.Mine"
    assert found["plugins"] == [str(Path("lab/my_toys.py").resolve())]
    assert config("--config base.yaml --plugins lab/my_toys.py --model.encoder Mine")["plugins"] == found["plugins"]
    assert sepcl("fit --config lab/row.yaml --trainer.max_steps 1").code == 0
    assert sepcl("test --run runs/row").code == 0
    listed = json.loads(sepcl("plugins encoder --json --path lab/my_toys.py").out)
    assert [e["name"] for e in listed] == ["Bent", "Straight", "Mine"]


def test_help_all_lists_the_trainer(sepcl):
    text = sepcl("fit --help-all").out
    assert "--trainer.max_epochs: " not in text
    assert "--trainer.max_epochs int | null = null" in text
    assert "--trainer.deterministic" in text


class Intruder:
    def __reduce__(self):
        return (Path("intruded").touch, ())


def test_a_checkpoint_cannot_run_code(sepcl, refused):
    assert sepcl("fit --config base.yaml --run runs/a").code == 0
    torch.save({"state_dict": Intruder()}, "runs/a/checkpoints/last.ckpt")
    assert "damaged, or holds more than tensors" in refused("test --ckpt_path runs/a/checkpoints/last.ckpt")
    assert "last.ckpt cannot be read; continuing from" in sepcl("fit --run runs/a --resume").err
    assert not Path("intruded").exists()
