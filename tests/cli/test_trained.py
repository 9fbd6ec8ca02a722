"""A trained method from its checkpoint alone."""

import shutil
from pathlib import Path

import pytest
import torch

from lightning_sepcl.cli.carried_experiment import EXPERIMENT, TOLD_BY_DATA
from lightning_sepcl.cli.main import main
from lightning_sepcl.cli.trained import load_trained
from lightning_sepcl.errors import UserError

EXPERIMENTS = Path(__file__).parents[2] / "experiments"
TINY = ["--data.train=12", "--data.val=6", "--data.test=6", "--data.seconds=2.0", "--trainer.precision=32-true"]


@pytest.fixture(autouse=True)
def toys():
    """The real suite, not the toy suite of this folder."""
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a short run on the embedded scenes, trained through the real command line."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    configs = ["--config", str(EXPERIMENTS / "demo.yaml"), "--config", str(EXPERIMENTS / "scales/smoke.yaml")]
    cache = f"--data.cache_dir={folder.parent / 'cache'}"
    assert main(["fit", *configs, *TINY, cache, "--threads=1", "--run", str(folder)]) == 0
    yield folder
    torch.use_deterministic_algorithms(False)


def test_the_method_needs_neither_config_nor_data_and_equals_the_trained_weights(run, tmp_path):
    alone = tmp_path / "alone.ckpt"
    shutil.copy(run / "checkpoints" / "last.ckpt", alone)
    method = load_trained(alone)
    saved = torch.load(alone, weights_only=True)
    assert not method.training
    assert not any(p.requires_grad for p in method.parameters())
    assert all(torch.equal(value, saved["state_dict"][name]) for name, value in method.state_dict().items())
    assert len(method.class_names) == 16
    assert method.multi_label


def test_clip_and_frame_embeddings(run):
    method = load_trained(run)
    wave = torch.randn(2, 1, 48000, generator=torch.Generator().manual_seed(0))
    frames = method.embed_frames(wave)
    seconds = 48000 / method.sample_rate
    assert frames.shape[:2] == (2, method.encoder.dim)
    assert abs(frames.shape[2] - seconds * method.frame_rate) <= 1
    pooled = method.embed(wave, torch.tensor([48000, 48000]))["embedding"]
    torch.testing.assert_close(frames.amax(-1), pooled)
    assert method.embed_frames(wave[..., :10]).shape[2] >= 1  # shorter than a crop: padded


def test_what_is_no_checkpoint_of_the_suite_gets_a_sentence(run, tmp_path):
    with pytest.raises(UserError, match="no checkpoint"):
        load_trained(tmp_path / "nowhere.ckpt")
    with pytest.raises(UserError, match="holds no checkpoint"):
        load_trained(tmp_path)
    text = tmp_path / "text.ckpt"
    text.write_text("hello")
    with pytest.raises(UserError, match="is damaged"):
        load_trained(text)
    content = torch.load(run / "checkpoints" / "last.ckpt", weights_only=True)
    torch.save({k: v for k, v in content.items() if k not in (EXPERIMENT, TOLD_BY_DATA)}, text)
    with pytest.raises(UserError, match="was not written by"):
        load_trained(text)
    torch.save({**content, EXPERIMENT: content[EXPERIMENT].replace("SmallCNN", "SmallCMM")}, text)
    with pytest.raises(UserError, match="cannot be built here"):
        load_trained(text)
    weights = {k: v for k, v in content["state_dict"].items() if "embedding" not in k}
    torch.save({**content, "state_dict": weights}, text)
    with pytest.raises(UserError, match="does not fit"):
        load_trained(Path(text))
