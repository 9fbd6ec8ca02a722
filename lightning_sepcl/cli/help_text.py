"""Help that fits on a screen, and the long list of all options."""

from __future__ import annotations

_WHAT = {
    "fit": "Train the method of an experiment.",
    "validate": "Judge a trained method on the validation clips.",
    "test": "Judge a trained method on the test clips.",
    "predict": "Embed the prediction clips with a trained method.",
}
_EXAMPLES = {
    "fit": ("sepcl fit --config experiments/demo.yaml", "sepcl fit --run runs/demo --resume"),
    "other": ("sepcl {verb} --run runs/demo", "sepcl {verb} --ckpt_path runs/demo/checkpoints/last.ckpt"),
}
_RESUME = "\n  --resume               go on from the run's latest checkpoint, if there is one"
_HELP = """\
{what}

  {example}
  {example_2}

Which experiment
  --config FILE          an experiment; several are laid over each other, the last wins. Where there is no file
                         experiments/... here, it is the one that came with the package
  --run DIR              folder of the run: config.yaml, checkpoints/, log/ (default: below runs/)
  --ckpt_path FILE       a checkpoint (default for validate, test and predict: the run's best, else its last)
  --plugins FILE.py      classes of your own, to be named in the experiment{resume}

Settings of the experiment (they win over the files, wherever they stand)
  --model NAME           method; --model.temperature 0.2 sets one of its arguments
  --data NAME            data; --data.batch_size 64 likewise
  --model.front.features.bins 64              an argument of a part of a part
  --model.front.wave_augment.0.p 0.5          of the first in a list
  --model.front.wave_augment+ Gain            one more at the end of a list
  --trainer.max_epochs N, --trainer.devices N, --trainer.precision bf16-mixed, ...
  --seed_everything N    seed of everything (default 0; true: a fresh one, written down)
  --threads N            processor threads torch may use

More
  --print_config         show the resolved experiment and stop
  --help-all             every option of the trainer
  sepcl plugins [NAME]   what can be named where, and the arguments of one"""


def short_help(verb: str) -> str:
    """The main options of a training verb."""
    examples = _EXAMPLES.get(verb, _EXAMPLES["other"])
    resume = _RESUME if verb == "fit" else ""
    first, second = (example.format(verb=verb) for example in examples)
    return _HELP.format(what=_WHAT[verb], example=first, example_2=second, resume=resume)


def all_options(verb: str) -> str:
    """The main options and all of the trainer's, with types and defaults."""
    import pytorch_lightning as pl

    from lightning_sepcl.cli.signatures import signature_of, type_name
    from lightning_sepcl.cli.training_cli import TRAINER_DEFAULTS

    lines = [short_help(verb), "", "The trainer's"]
    for argument in signature_of(pl.Trainer).arguments.values():
        default = TRAINER_DEFAULTS.get(argument.name, argument.default)
        shown = "null" if default is None else str(default).lower() if isinstance(default, bool) else default
        help_text = argument.help if len(argument.help) <= 160 else argument.help[:157] + "..."
        lines += [f"  --trainer.{argument.name} {type_name(argument.type)} = {shown}", f"      {help_text}"]
    return "\n".join(lines)
