"""What is loaded computes what the trained method computes, in two lines, and without PyTorch Lightning."""

from __future__ import annotations

import shutil
import subprocess
import sys

import pytest
import soxr
import torch
from safetensors.torch import save_file

import lightning_sepcl
from lightning_sepcl.augment import Chain, Gain, PitchShift, SpecAugment
from lightning_sepcl.cli.trained import load_trained
from lightning_sepcl.conditioning import SavedClassifier, save_classifier
from lightning_sepcl.deploy.product import write_product
from lightning_sepcl.errors import UserError
from lightning_sepcl.separation.saved import load_separator
from tests.fakes.classifier import small_classifier
from tests.fakes.trained import SMALL, experiment, write_trained

RATE = 16000
FRONTS = {
    "LogMel": ({}, {}),
    "LogMel of two microphones": ({"init_args": {"channels": 2}}, {"channels": 2}),
    "ThreeChannel": ({"class_path": "ThreeChannel"}, {"channels": 3}),
    "LogMelGCC, not standardised": ({"class_path": "LogMelGCC", "init_args": {"microphones": 2}}, {"channels": 3}),
}
SETTINGS = ({}, {"window_frames": 96}, {"channels_last": True}, {"window_frames": 120, "channels_last": True})


def noise(*shape, seed=0):
    return 0.1 * torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def trained(path, features=None, encoder=None, **settings):
    section = experiment({**SMALL, "init_args": {**SMALL["init_args"], **(encoder or {})}}, features)
    section["init_args"] |= settings
    section["init_args"]["front"]["standardise"] = (features or {}).get("class_path") != "LogMelGCC"
    return write_trained(path, section)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_an_encoder_is_the_method_bit_for_bit(tmp_path, settings):
    file = trained(tmp_path / "best.ckpt", **settings)
    method, model = load_trained(file), lightning_sepcl.load(file)
    for samples in (100, 15600, 40000):
        wave = noise(3, samples)
        expected = method.embed(wave[:, None], torch.full((3,), samples))["embedding"]
        assert torch.equal(model(wave), expected)
        assert torch.equal(model.frames(wave), method.embed_frames(wave[:, None]))
    assert (model.sample_rate, model.dim, model.frame_dim) == (RATE, 8, 8)
    assert model.frame_rate == method.frame_rate
    assert not any(part.training for part in model.modules())
    assert not any(parameter.requires_grad for parameter in model.parameters())


@pytest.mark.parametrize("name", FRONTS)
def test_a_folder_of_two_files_is_the_checkpoint(tmp_path, name):
    features, encoder = FRONTS[name]
    model = lightning_sepcl.load(trained(tmp_path / "best.ckpt", features, encoder))
    write_product(tmp_path / "product", model)
    assert {file.name for file in (tmp_path / "product").iterdir()} == {"config.json", "model.safetensors"}
    wave = noise(2, model.microphones, 20000)
    for source in (tmp_path / "product", tmp_path / "product" / "model.safetensors"):
        assert torch.equal(lightning_sepcl.load(source)(wave), model(wave))


@pytest.mark.parametrize("layers", [1, 3])
def test_a_classifier_gives_logits_and_probabilities(tmp_path, layers):
    section = experiment()
    section["init_args"]["head_layers"] = layers
    file = write_trained(tmp_path / "best.ckpt", {**section, "class_path": "Supervised"})
    method, model = load_trained(file), lightning_sepcl.load(file)
    wave = noise(3, 30000)
    h = method.embed(wave[:, None], torch.full((3,), 30000))["embedding"]
    assert model.classes == ("rain", "dog")
    assert torch.equal(model(wave), method.head(h))
    torch.testing.assert_close(model.probabilities(wave).sum(1), torch.ones(3))
    write_product(tmp_path / "product", model)
    assert torch.equal(lightning_sepcl.load(tmp_path / "product")(wave), model(wave))


def test_a_separator_takes_waves_without_a_microphone_axis(tmp_path, separator_file):
    model, wave = lightning_sepcl.load(separator_file), noise(2, 9000)
    expected = load_separator(separator_file)(wave[:, None])
    assert (model.sources, model.sample_rate) == (2, RATE)
    torch.testing.assert_close(model(wave), expected)
    write_product(tmp_path / "product", model)
    assert torch.equal(lightning_sepcl.load(tmp_path / "product")(wave), model(wave))


def test_a_classifier_over_time_is_what_save_classifier_wrote(tmp_path):
    save_classifier(tmp_path / "c.safetensors", small_classifier(classes=("bell", "drum", "rain")))
    wave = noise(1, RATE)
    assert torch.equal(
        lightning_sepcl.load(tmp_path / "c.safetensors")(wave), SavedClassifier(str(tmp_path / "c.safetensors"))(wave)
    )


def test_the_folder_of_a_run_is_its_best_checkpoint_or_its_separator(tmp_path, checkpoint, separator_file):
    (tmp_path / "run/checkpoints").mkdir(parents=True)
    shutil.copy(checkpoint, tmp_path / "run/checkpoints/best.ckpt")
    wave = noise(1, RATE)
    assert torch.equal(lightning_sepcl.load(tmp_path / "run")(wave), lightning_sepcl.load(checkpoint)(wave))
    (tmp_path / "run/processors").mkdir()
    shutil.copy(separator_file, tmp_path / "run/processors/last.safetensors")
    assert lightning_sepcl.load(tmp_path / "run").kind == "separator"


def test_waves_come_as_users_have_them(checkpoint):
    model, wave = lightning_sepcl.load(checkpoint), noise(2, 44100)
    resampled = torch.from_numpy(soxr.resample(wave.numpy().T, 44100, RATE, quality="HQ").T.copy())
    torch.testing.assert_close(model(wave, 44100), model(resampled), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(model.frames(wave, 44100), model.frames(resampled), atol=1e-6, rtol=1e-5)
    assert torch.equal(model(wave, RATE), model(wave))
    integers = (wave * 32768).to(torch.int16)
    assert torch.equal(model(integers), model(integers.float() / 32768))
    assert torch.equal(model(wave.double()), model(wave))
    assert torch.equal(model(wave[:, None]), model(wave))
    with pytest.raises(ValueError, match=r"give wave\[None\] for a single one"):
        model(wave[0])
    with pytest.raises(ValueError, match=r"takes 1 microphone\(s\), the wave has 2: mix them down"):
        model(noise(1, 2, 20000))
    with pytest.raises(ValueError, match="at least one sample"):
        model(torch.zeros(1, 0))


def test_augmentations_are_those_of_the_suite():
    wave = noise(4, RATE)
    shift = lightning_sepcl.load("augmentation:PitchShift", sample_rate=RATE, seed=3, low_semitones=-2.0)
    plugin = PitchShift(low_semitones=-2.0)
    plugin.prepare(RATE)
    expected = plugin(wave[:, None], torch.Generator().manual_seed(3))[:, 0]
    assert torch.equal(shift(wave), expected)
    assert not torch.equal(shift(wave), expected)  # the next draw
    assert torch.equal(shift(wave, torch.Generator().manual_seed(3)), expected)
    features = noise(2, 1, 64, 96)
    masked = lightning_sepcl.load("augmentation:SpecAugment", sample_rate=RATE)
    assert torch.equal(masked(features), SpecAugment()(features, torch.Generator().manual_seed(0)))
    with pytest.raises(ValueError, match="SpecAugment takes features"):
        masked(wave)


YAMLS = {
    "list": "[{class_path: Gain, init_args: {low_db: -3.0, high_db: 3.0}}, PitchShift]",
    "front": "wave_augment: [{class_path: lightning_sepcl.augment.gain.Gain, init_args: {low_db: -3.0, high_db: 3.0}},"
    " PitchShift]",
    "experiment": "model: {init_args: {front: {init_args: {feature_augment: null, wave_augment: [{class_path: Chain,"
    " init_args: {augmentations: [{class_path: Gain, init_args: {low_db: -3.0, high_db: 3.0}}, PitchShift]}}]}}}}",
}


@pytest.mark.parametrize("name", YAMLS)
def test_a_yaml_lists_augmentations(tmp_path, name):
    (tmp_path / "a.yaml").write_text(YAMLS[name])
    augment, wave = lightning_sepcl.load(tmp_path / "a.yaml", sample_rate=RATE), noise(3, RATE)
    chain = Chain([Gain(low_db=-3.0, high_db=3.0), PitchShift()])
    chain = Chain([chain]) if name == "experiment" else chain
    chain.prepare(RATE)
    assert torch.equal(augment(wave), chain(wave[:, None], torch.Generator().manual_seed(0))[:, 0])


def test_what_cannot_be_loaded_is_told_in_a_sentence(tmp_path, checkpoint, separator_file):
    def told(*args, **options):
        with pytest.raises(UserError) as caught:
            lightning_sepcl.load(*args, **options)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    (tmp_path / "empty").mkdir()
    (tmp_path / "a.ckpt").write_bytes(b"PK\x03\x04 and no more")
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / "a.yaml").write_text("wave_augment: [{class_path: os.system}]")
    (tmp_path / "b.yaml").write_text("nothing: here")
    save_file({"x": torch.zeros(1)}, tmp_path / "x.safetensors")
    torch.save({"state_dict": {}}, tmp_path / "old.ckpt")
    assert "nothing called no/such/place" in told("no/such/place")
    assert "neither an export nor a run" in told(tmp_path / "empty")
    assert "is damaged" in told(tmp_path / "a.ckpt")
    assert "does not hold its experiment" in told(tmp_path / "old.ckpt")
    assert "is no model" in told(tmp_path / "a.txt")
    assert "no description of a model" in told(tmp_path / "x.safetensors")
    assert "needs the waves' sample rate" in told("augmentation:Gain")
    assert "lightning_sepcl.augment has no augmentation called Pitch; it has: AreaCrop" in told(
        "augmentation:Pitch", sample_rate=RATE
    )
    assert "cannot be built from these arguments" in told("augmentation:Gain", sample_rate=RATE, loud=1)
    assert "no augmentation called os.system" in told(tmp_path / "a.yaml", sample_rate=RATE)
    assert "should list augmentations" in told(tmp_path / "b.yaml", sample_rate=RATE)
    assert "takes no revision" in told(checkpoint, revision="main")
    assert "takes no sample_rate: a model knows its own" in told(checkpoint, sample_rate=RATE)
    with pytest.raises(TypeError, match="takes no 'devise'"):
        lightning_sepcl.load(checkpoint, devise="cpu")


def test_a_checkpoint_with_a_changed_weight_is_told(tmp_path, checkpoint):
    weights = next(
        value for value in torch.load(checkpoint, weights_only=True)["state_dict"].values() if value.numel() > 8
    )
    data = bytearray(checkpoint.read_bytes())
    where = data.index(weights.numpy().tobytes())
    data[where + 3] ^= 0x40
    (tmp_path / "best.ckpt").write_bytes(data)
    with pytest.raises(UserError, match=r"best\.ckpt is damaged"):
        lightning_sepcl.load(tmp_path / "best.ckpt")


def test_a_description_of_another_version_is_told(tmp_path, checkpoint):
    write_product(tmp_path, lightning_sepcl.load(checkpoint))
    config = (tmp_path / "config.json").read_text()
    for old, new, message in (
        ('"format": 1', '"format": 2', "has format 2, this version reads 1"),
        ('"SmallCNN"', '"Popen"', "lightning_sepcl.encoders has no encoder called Popen"),
        ('"kind": "encoder"', '"kind": "pickle"', "names a kind of model, 'pickle'"),
        ('"dim": 8', '"dim": 9', "holds no encoder of this version"),
        ("{", "", "is no description of a model"),
    ):
        (tmp_path / "config.json").write_text(config.replace(old, new, 1))
        with pytest.raises(UserError, match=message):
            lightning_sepcl.load(tmp_path)


def test_a_checkpoint_with_classes_of_others_is_told(tmp_path):
    section = experiment()
    file = write_trained(tmp_path / "a.ckpt", section)
    content = torch.load(file, weights_only=True)
    content["experiment"] = content["experiment"].replace("SmallCNN", "Popen")
    torch.save(content, file)
    with pytest.raises(UserError, match=r"a\.ckpt cannot be used apart from its experiment.*no encoder called Popen"):
        lightning_sepcl.load(file)


BLOCKED = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked}:
            raise ImportError("blocked " + name)

sys.meta_path.insert(0, Block())
"""


def without(blocked, code):
    program = BLOCKED.replace("{blocked}", repr(set(blocked))) + code
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=False)


def test_no_lightning_is_needed(tmp_path, checkpoint, classifier_checkpoint, separator_file):
    write_product(tmp_path / "product", lightning_sepcl.load(checkpoint))
    sources = [str(s) for s in (checkpoint, classifier_checkpoint, separator_file, tmp_path / "product")]
    code = f"""
import torch, lightning_sepcl
for source in {sources}:
    print(tuple(lightning_sepcl.load(source)(torch.zeros(2, 16000)).shape))
print(tuple(lightning_sepcl.load("augmentation:Gain", sample_rate=16000)(torch.zeros(2, 16000)).shape))
"""
    done = without(["pytorch_lightning", "lightning", "torchmetrics", "jsonargparse", "matplotlib"], code)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.split("\n")[:5] == ["(2, 8)", "(2, 2)", "(2, 2, 16000)", "(2, 8)", "(2, 16000)"]


def test_the_import_alone_costs_nothing():
    done = without(["torch", "numpy", "yaml"], "import lightning_sepcl; print(lightning_sepcl.load.__name__)")
    assert (done.returncode, done.stdout) == (0, "load\n"), done.stderr


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_any_device(checkpoint, separator_file):
    for source in (checkpoint, separator_file):
        wave, there = noise(2, 20000), lightning_sepcl.load(source, device="cuda")
        assert there.device.type == "cuda"
        torch.testing.assert_close(there(wave).cpu(), lightning_sepcl.load(source)(wave), atol=1e-3, rtol=1e-3)
