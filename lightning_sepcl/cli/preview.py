"""`sepcl preview --config ...`: what the encoder will be fed, as pictures, before anything is trained."""

from __future__ import annotations

from pathlib import Path

from lightning_sepcl.cli.training import build_experiment
from lightning_sepcl.cli.verb_parser import VerbParser
from lightning_sepcl.data.datamodule import AudioDataModule
from lightning_sepcl.errors import UserError
from lightning_sepcl.methods.base import Method
from lightning_sepcl.methods.view_snapshot import FILE, write_views
from lightning_sepcl.report.pictures import save_views
from lightning_sepcl.report.run_folder import read_views


def run(args: list[str]) -> int:
    """Draw the views of the first training clips of an experiment; all options of `fit` are understood."""
    parser = VerbParser("sepcl preview", "Draw the views of a few training clips; takes the options of sepcl fit.")
    parser.add_argument("--out", type=Path, default=Path("preview.png"), help="picture to write (default: preview.png)")
    parser.add_argument("--clips", type=int, default=4, help="how many clips (default: 4)")
    given, rest = parser.parse_known_args(args)
    if given.clips < 1:
        raise UserError(f"--clips must be at least 1, found {given.clips}")
    if given.out.suffix.lower() not in (".png", ".svg", ".pdf"):
        raise UserError(f"--out must end in .png, .svg or .pdf, found {given.out}")
    built = build_experiment(rest)
    model, data = built.model, built.datamodule
    assert isinstance(model, Method)
    assert isinstance(data, AudioDataModule)
    data.prepare_data()
    data.setup("fit")
    batch = next(iter(data.train_dataloader()))
    if model.front.needs_statistics():
        model.front.fit_statistics(data.statistics_dataloader(100))
    beside = given.out.with_name(f".{given.out.stem}-{FILE}")
    try:
        write_views(beside, model.front, batch, model.sample_rate, given.clips)
        save_views(read_views(beside), given.out)
    finally:
        beside.unlink(missing_ok=True)
    print(given.out)
    return 0
