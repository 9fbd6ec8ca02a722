"""The model card of an export: what a stranger should know, from the record of the run, with nothing typed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from lightning_sepcl import __version__
from lightning_sepcl.deploy.agreement import TOLERANCE, table
from lightning_sepcl.deploy.audio_classifier import AudioClassifier
from lightning_sepcl.deploy.audio_encoder import AudioEncoder
from lightning_sepcl.deploy.audio_separator import AudioSeparator
from lightning_sepcl.deploy.exporting import Cases
from lightning_sepcl.deploy.targets import TARGETS
from lightning_sepcl.deploy.wave_model import WaveModel
from lightning_sepcl.ledger.document import Block, Code, Grid, Heading, Items, Paragraph
from lightning_sepcl.ledger.markdown import markdown
from lightning_sepcl.ledger.run_record import RunRecord

TASKS = {"encoder": "feature-extraction", "classifier": "audio-classification", "separator": "audio-to-audio"}
UNDECIDED = "other"
"""What the hub calls a licence that is not one of its list."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a model comes from.

    Attributes:
        name: of the model, for the title.
        method: class of what trained it; empty where only its weights are known.
        readout: which readout the embedding is; empty for separators.
        sha256: of the checkpoint.
        record: of its run; None where there is none beside the weights.
        experiment: the `model` section of its experiment, as YAML.
        data_licence: of the data it was trained on, in a sentence.
        licence: of the weights, as whoever publishes them says; empty: not said.
    """

    name: str
    method: str
    readout: str
    sha256: str
    record: RunRecord | None
    experiment: str
    data_licence: str
    licence: str = ""


def card(model: WaveModel, made: Provenance, cases: Cases, model_id: str | None = None) -> str:
    """The whole card.

    Args:
        model: what was exported.
        made: where it comes from.
        cases: how the files agree with the checkpoint.
        model_id: user/name on the hub, if it goes there.
    """
    blocks = [
        Heading(made.name, 1),
        Paragraph(_sentence(model, made)),
        *_usage(model, cases, model_id),
        *_interface(model),
        *_data(made),
        *_figures(model, made),
        *_agreement(cases),
        *_use_and_limits(model, made),
        *_licences(made),
        *_provenance(made),
    ]
    return f"---\n{yaml.safe_dump(_header(model, made), sort_keys=False)}---\n\n{markdown(blocks)}"


def _header(model: WaveModel, made: Provenance) -> dict[str, Any]:
    licence = {"license": made.licence} if made.licence else {"license": UNDECIDED, "license_name": "see-model-card"}
    return {
        **licence,
        "library_name": "lightning_sepcl",
        "pipeline_tag": TASKS[model.kind],
        "tags": ["audio", "lightning_sepcl", *([made.method.lower()] if made.method else [])],
    }


def _sentence(model: WaveModel, made: Provenance) -> str:
    parameters = sum(parameter.numel() for parameter in model.parameters())
    network = model
    if isinstance(model, AudioSeparator):
        network_name = type(model.separator).__name__
    else:
        source = network.encoder if isinstance(network, AudioClassifier) else network
        network_name = type(source.encoder).__name__
    trained = f", trained by {made.method}" if made.method else ""
    return (
        f"An audio {model.kind}: {network_name} with {parameters:,} parameters{trained}, for sound at "
        f"{model.sample_rate} Hz. Exported by lightning_sepcl {__version__}."
    )


def _usage(model: WaveModel, cases: Cases, model_id: str | None) -> list[Block]:
    blocks: list[Block] = [Heading("Usage")]
    for name in cases:
        source = model_id if model_id and name == "safetensors" else "."
        code = TARGETS[name].usage.format(samples=model.sample_rate, source=source)
        blocks += [Code(code, "python")]
    files = tuple((", ".join(f"`{file}`" for file in TARGETS[name].files), TARGETS[name].about) for name in cases)
    where = "The examples are run in the folder of this file, and are given a second of silence."
    return [*blocks, Paragraph(where), Grid(("files", "what"), files, words=True)]


def _interface(model: WaveModel) -> list[Block]:
    mics = "" if model.microphones == 1 else "mic, "
    rows = [("input", f"waves (batch, {mics}sample) at {model.sample_rate} Hz, float32 of full scale 1")]
    if isinstance(model, AudioSeparator):
        rows.append(
            (
                "output",
                f"(batch, {model.sources}, sample): {model.sources} sources, some nearly silent where there are fewer",
            )
        )
        return [Heading("Input and output"), Grid(("", ""), tuple(rows), words=True)]
    source = model.encoder if isinstance(model, AudioClassifier) else model
    assert isinstance(source, AudioEncoder)
    if isinstance(model, AudioClassifier):
        several = "sigmoid of each" if model.multi_label else "softmax"
        rows.append(
            ("output", f"logits (batch, {len(model.classes)}), of which {several} is taken: {', '.join(model.classes)}")
        )
    else:
        rows.append(("output", f"an embedding of each wave (batch, {source.dim})"))
    rows.append(("over time", f"`frames`: (batch, {source.frame_dim}, frame), {source.frame_rate:.4g} a second"))
    least = model.least_samples
    rows.append(("shorter waves", f"are padded with zeros to {least} samples, {least / model.sample_rate:.3g} s"))
    return [Heading("Input and output"), Grid(("", ""), tuple(rows), words=True)]


def _data(made: Provenance) -> list[Block]:
    heading, data = Heading("Training data"), made.record.data if made.record else {}
    if not data:
        return [heading, Paragraph("No record of the data lies beside the weights.")]
    counts = data.get("clips")
    clips = ", ".join(f"{split} {count}" for split, count in counts.items()) if isinstance(counts, Mapping) else counts
    facts = [
        ("name", data.get("name")),
        ("manifest", f"`{data['manifest']}` (hash of all clips and labels)" if "manifest" in data else None),
        ("clips", clips),
        ("hours", data.get("hours")),
        ("classes", data.get("classes")),
        ("licence", made.data_licence),
    ]
    return [heading, Items(tuple(f"**{name}**: {value}" for name, value in facts if value not in (None, "")))]


def _figures(model: WaveModel, made: Provenance) -> list[Block]:
    record = made.record
    known = () if record is None else record.results
    names = (made.readout, f"untrained {made.readout}") if made.readout else tuple({r.what for r in known})
    shown = [result for result in known if result.what in names]
    if record is None or not shown:
        return [Heading("Figures"), Paragraph("No figures are recorded: the run was not evaluated by `sepcl test`.")]
    rows = tuple(
        (r.what, r.metric, _number(r.value), _number(r.chance), str(r.n), str(r.seed), r.protocol) for r in shown
    )
    judged = "They judge the embedding in front of the classifier. " if isinstance(model, AudioClassifier) else ""
    told = (
        f"{judged}On the test clips of the training data set, one training run, seed {record.seed}; n counts what the "
        "figure is a mean over, classes or clips; the column seed is that of the evaluation's own choices."
    )
    return [
        Heading("Figures"),
        Grid(("", "metric", "value", "chance", "n", "seed", "protocol"), rows, words=True),
        Paragraph(told),
    ]


def _agreement(cases: Cases) -> list[Block]:
    head, *rows = table(cases)
    told = (
        "Every file was compared with the checkpoint before it was kept, on seeded noise and tones: the largest "
        "difference of any value, and in brackets its share of the largest value of the checkpoint's output, of which "
        f"{TOLERANCE:g} would have been too much."
    )
    return [Heading("Agreement with the checkpoint"), Paragraph(told), Grid(head, tuple(rows))]


def _use_and_limits(model: WaveModel, made: Provenance) -> list[Block]:
    use = {
        "encoder": "Embeddings of sounds like the training data: to search, to cluster, to train small classifiers on.",
        "classifier": "Naming the classes above in sounds like the training data.",
        "separator": "Taking apart mixtures of sounds like the training data, to listen to or to train on.",
    }[model.kind]
    data = f"`{made.record.data['name']}`" if made.record and made.record.data.get("name") else "its training data"
    limits = [
        f"It has heard {data} alone; on other sounds, rooms and devices its figures may be far lower: test it.",
        "The figures are of one run; other seeds give other ones.",
        "It was not tested for decisions about people, nor for safety.",
    ]
    if model.kind == "separator":
        limits.append("Statistics over the whole wave are used: a cut or padded recording is separated differently.")
    return [
        Heading("Intended use"),
        Paragraph(f"Research. {use}"),
        Heading("Limits"),
        Items(tuple(limits)),
    ]


def _licences(made: Provenance) -> list[Block]:
    weights = made.licence or "not said; that is for whoever publishes them to decide, in view of the data's licence"
    items = (
        "**Code** (lightning_sepcl, and `hear_model.py` where it is here): Apache-2.0.",
        f"**Data**: {made.data_licence}.",
        f"**Weights**: {weights}.",
    )
    return [Heading("Licences"), Items(items)]


def _provenance(made: Provenance) -> list[Block]:
    record, items = made.record, [f"**checkpoint**: sha256 `{made.sha256}`"]
    if record is not None:
        dirty = " with uncommitted changes" if record.dirty else ""
        machine = record.hardware
        items += [
            f"**commit of the training**: `{record.commit}`{dirty}",
            f"**config**: sha256 `{record.config_sha256}`",
            f"**seed**: {record.seed}",
            f"**steps**: {record.steps}",
            f"**hardware**: {machine.cpu}, {machine.cores} cores, GPU {machine.gpu}; {record.seconds_fit or 0:.0f} s",
            f"**versions**: {', '.join(f'{name} {number}' for name, number in record.versions.items())}",
            *([f"**made again by**: `{record.reproduce}`"] if record.reproduce else []),
        ]
    config = [Code(made.experiment, "yaml", "The model's section of the experiment")] if made.experiment else []
    return [Heading("Provenance"), Items(tuple(items)), *config]


def _number(value: float) -> str:
    return "" if value != value else f"{value:.3f}"
