"""The rules of HEAR's common API and its validator, one by one, and that embeddings and times are the right ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from lightning_sepcl import hear
from lightning_sepcl.cli.trained import load_trained
from lightning_sepcl.errors import UserError
from tests.fakes.trained import SMALL, experiment, write_trained

RATE = 16000
ENCODERS = {
    "SmallCNN": SMALL,
    "CNN14": {"class_path": "CNN14", "init_args": {"width": 0.125, "dim": 8}},
    "ResNet18": {"class_path": "ResNet18", "init_args": {"width": 0.125, "dim": 8}},
}


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("checkpoints")
    return {name: str(write_trained(folder / f"{name}.ckpt", experiment(e))) for name, e in ENCODERS.items()}


@pytest.fixture
def model(checkpoints):
    return hear.load_model(checkpoints["SmallCNN"])


def sounds(count: int, seconds: float, rate: int = RATE) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    return torch.rand(count, int(seconds * rate), generator=generator) * 2 - 1


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_model_says_what_hear_asks(checkpoints, encoder):
    model = hear.load_model(checkpoints[encoder])
    assert isinstance(model, torch.nn.Module)
    assert model.sample_rate == RATE
    assert type(model.sample_rate) is type(model.scene_embedding_size) is type(model.timestamp_embedding_size) is int
    assert not any(m.training for m in model.modules())
    assert not any(p.requires_grad for p in model.parameters())


@pytest.mark.parametrize("seconds", [0.01, 0.3, 1.07, 1.98, 4.0])
@pytest.mark.parametrize("encoder", ENCODERS)
def test_timestamps_keep_the_rules(checkpoints, encoder, seconds):
    model, audio = hear.load_model(checkpoints[encoder]), sounds(2, seconds)
    embeddings, times = hear.get_timestamp_embeddings(audio, model)
    assert embeddings.dtype == times.dtype == torch.float32
    assert embeddings.shape == (*times.shape, model.timestamp_embedding_size)
    assert times.shape[0] == 2
    assert torch.equal(times[0], times[1])
    assert times[0, 0] == 0
    assert not embeddings.requires_grad
    assert embeddings.isfinite().all()
    steps, end = times[0].diff(), 1000 * audio.shape[1] / RATE
    step = float(1000 * model.interval_seconds)
    assert step <= 50
    assert torch.allclose(steps, torch.full_like(steps, step), atol=1e-2)
    assert end - step - 1e-3 <= times[0, -1] <= end


@pytest.mark.parametrize("encoder", ENCODERS)
def test_scenes_keep_the_rules_and_are_what_evaluation_judges(checkpoints, encoder):
    model, audio = hear.load_model(checkpoints[encoder]), sounds(4, 2.74)
    embeddings = hear.get_scene_embeddings(audio, model)
    assert embeddings.dtype == torch.float32
    assert embeddings.shape == (4, model.scene_embedding_size)
    assert not embeddings.requires_grad
    direct = load_trained(Path(checkpoints[encoder])).embed(audio[:, None], torch.full((4,), audio.shape[1]))
    assert torch.equal(embeddings, direct["embedding"])


def test_a_sound_does_not_depend_on_its_neighbours(model):
    audio = sounds(3, 1.5)
    for get in (hear.get_scene_embeddings, lambda a, m: hear.get_timestamp_embeddings(a, m)[0]):
        together, alone = get(audio, model), get(audio[1:2], model)
        assert torch.allclose(together[1:2], alone, atol=1e-5)


@pytest.mark.parametrize("encoder", ENCODERS)
def test_a_timestamp_is_where_the_sound_is(checkpoints, encoder):
    """To a third of the encoder's own step; with half a step for a centre, ResNet18 would be half a step late."""
    model, silence, errors = hear.load_model(checkpoints[encoder]), torch.zeros(1, 3 * RATE), []
    unheard, times = hear.get_timestamp_embeddings(silence, model)
    for at_ms in (900, 1150, 1500, 1720, 2010):
        audio, at = silence.clone(), at_ms * RATE // 1000
        audio[:, at - 160 : at + 160] = sounds(1, 0.02) * 0.5
        strength = (hear.get_timestamp_embeddings(audio, model)[0] - unheard).norm(dim=-1)[0].square()
        errors.append(float((strength * times[0]).sum() / strength.sum()) - at_ms)
    assert abs(sum(errors) / len(errors)) < 1000 / model.method.frame_rate / 3, errors


def test_passes_between_the_encoders_own_steps_are_the_same_embeddings_later(model):
    """A sound that is one timestamp later gives the same embeddings one timestamp later."""
    assert model.passes == 4
    step = round(model.interval_seconds * RATE)
    audio = sounds(1, 4.0) * 0.1
    first, _ = hear.get_timestamp_embeddings(audio[:, step:], model)
    second, _ = hear.get_timestamp_embeddings(audio[:, :-step], model)
    assert torch.allclose(first[:, 20:60], second[:, 21:61], atol=1e-4)
    assert not torch.allclose(first[:, 20:60], second[:, 20:60], atol=1e-2)


def test_a_longer_interval_costs_one_pass_and_gives_every_nth(checkpoints, model):
    coarse = hear.load_model(checkpoints["SmallCNN"], interval_ms=1000.0)
    assert coarse.passes == 1
    audio = sounds(1, 2.0)
    (fine, fine_times), (few, few_times) = (hear.get_timestamp_embeddings(audio, m) for m in (model, coarse))
    assert torch.equal(few_times, fine_times[:, ::4])
    assert torch.allclose(few, fine[:, ::4], atol=1e-6)


def test_any_readout_can_embed_scenes(checkpoints):
    model = hear.load_model(checkpoints["SmallCNN"], readout="blocks")
    assert model.scene_embedding_size == 3 * (4 + 8)
    assert hear.get_scene_embeddings(sounds(2, 1.0), model).shape == (2, 36)
    with pytest.raises(UserError, match="no readout 'block'; it has: blocks, embedding"):
        hear.load_model(checkpoints["SmallCNN"], readout="block")


def test_what_cannot_be_loaded_is_told(tmp_path, checkpoints):
    with pytest.raises(UserError, match="no default model"):
        hear.load_model()
    with pytest.raises(UserError, match=r"name a \.ckpt file"):
        hear.load_model(str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match=r"interval_ms is 0\.0"):
        hear.load_model(checkpoints["SmallCNN"], interval_ms=0.0)
    two = experiment({**SMALL, "init_args": {**SMALL["init_args"], "channels": 2}}, {"init_args": {"channels": 2}})
    file = write_trained(tmp_path / "two.ckpt", two)
    with pytest.raises(UserError, match=r"does not take one microphone.*`channels` is 2"):
        hear.load_model(str(file))


def test_audio_of_another_shape_is_refused(model):
    with pytest.raises(Exception, match="sound"):
        hear.get_scene_embeddings(torch.zeros(16000), model)
