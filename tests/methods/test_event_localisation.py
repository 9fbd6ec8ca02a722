from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from lightning_sepcl.augment import AreaCrop, ChannelDrop, ChannelSwap, Mixup
from lightning_sepcl.encoders import CRNN
from lightning_sepcl.errors import UserError
from lightning_sepcl.features import LogMelGCC, fingerprint
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.methods import EventLocalisation, MCSimCLR
from lightning_sepcl.objectives.nt_xent import nt_xent
from lightning_sepcl.records import Batch
from lightning_sepcl.views import TemporalProximity
from tests.fakes.rooms import far_field


def noises(count=12, samples=4800):
    """Clip i comes from its own azimuth; odd ones are low-passed: two classes."""
    azimuth = torch.arange(count) * 360 / count - 180
    wave = torch.stack([far_field(float(a), samples, i) for i, a in enumerate(azimuth)])
    wave[1::2] = (wave[1::2] + wave[1::2].roll(1, -1) + wave[1::2].roll(2, -1)) / 3
    return Batch(
        wave[:, None],
        torch.full((count,), samples),
        torch.eye(2)[torch.arange(count) % 2],
        torch.ones(count, dtype=torch.bool),
        torch.arange(count),
        tuple(map(str, range(count))),
        torch.stack([azimuth, torch.zeros(count), torch.ones(count)], 1),
    )


def build(method=EventLocalisation, views=1, wave=(), features=(), **kwargs):
    torch.manual_seed(0)
    feature = LogMelGCC(hop_seconds=0.02, n_fft=512, bins=32)
    front = FrontEnd(TemporalProximity(13, views=views), feature, list(wave), list(features), standardise=False)
    encoder = CRNN(dim=16, widths=(8, 8), pooling=((4, 2), (4, 2)), bins=32)
    return method(front, encoder, class_names=("noise", "low"), **kwargs)


def trained(model, batch, steps, rate=1e-2):
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], rate)
    losses = []
    for step in range(steps):
        loss, _ = model.train().loss(batch, torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("gradient", [0.0, 0.1])
def test_a_frozen_encoder_is_built_in_evaluation_mode(gradient):
    """Lightning's `fit` does not call `train()`: the mode a module is built in is the one it trains in."""
    model = build(encoder_gradient=gradient)
    assert model.encoder.training == (gradient > 0)
    assert model.train().encoder.training == (gradient > 0)
    assert model.classes.training


def test_it_learns_what_and_where():
    model, batch = build(wave=[ChannelSwap()]), noises()
    losses = trained(model, batch, 80)
    assert sum(losses[-5:]) < 0.5 * sum(losses[:5])
    with torch.no_grad():
        found = model.eval().predictions(batch.wave[:, 0], batch.length)
    angle = torch.rad2deg(torch.atan2(found["azimuth"][:, 1], found["azimuth"][:, 0]))
    error = (torch.remainder(angle - batch.direction[:, 0] + 180, 360) - 180).abs().mean()
    assert float(error) < 45  # 90 by chance
    assert found["classes"].argmax(1).tolist() == batch.target.argmax(1).tolist()


def test_the_swap_turns_the_target():
    """Seen through the front end: every view's delays are those of the direction that comes with it."""
    model, batch = build(wave=[ChannelSwap()], views=2), noises()
    made = model.front(batch, torch.Generator().manual_seed(0))
    assert torch.equal(made.direction[:, 0], made.direction[:, 1])
    assert not torch.equal(made.direction[:, 0], batch.direction)
    assert bool((made.direction[:, :, 1:] == batch.direction[:, None, 1:]).all())


def test_a_frozen_encoder_stays_as_it_is():
    model, batch = build(encoder_gradient=0.0), noises()
    before = {name: value.clone() for name, value in model.encoder.state_dict().items()}
    trained(model, batch, 3)
    assert all(torch.equal(value, before[name]) for name, value in model.encoder.state_dict().items())


def test_the_gradient_of_the_encoder_is_scaled_and_that_of_the_layers_not():
    batch, grads = noises(), []
    for scale in (1.0, 0.1):
        model = build(encoder_gradient=scale)
        model.loss(batch, torch.Generator().manual_seed(0))[0].backward()
        grads.append((model.encoder.recurrent.weight_hh_l0.grad, model.azimuth.weight.grad))
    torch.testing.assert_close(grads[1][0], 0.1 * grads[0][0], atol=1e-8, rtol=1e-4)
    torch.testing.assert_close(grads[1][1], grads[0][1])


def test_predictions_do_not_depend_on_the_company():
    model, batch = build().eval(), noises(4)
    length = torch.tensor([4800, 1000, 4800, 3900])
    with torch.no_grad():
        together = model.predictions(batch.wave[:, 0], length)
        for i, n in enumerate(length.tolist()):
            alone = model.predictions(batch.wave[i : i + 1, 0, :, :n], length[i : i + 1])
            for name in together:
                torch.testing.assert_close(together[name][i], alone[name][0], atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(together["classes"].sum(1), torch.ones(4))


def test_it_starts_from_a_pretrained_encoder(tmp_path):
    source = build(MCSimCLR, views=2)
    with torch.no_grad():
        source.encoder.recurrent.weight_hh_l0.fill_(0.123)
    checkpoint = {"state_dict": source.state_dict()}
    fingerprint.sign(checkpoint, source.front.features, 16000, False)
    (tmp_path / "checkpoints").mkdir()
    torch.save(checkpoint, tmp_path / "checkpoints" / "last.ckpt")
    model = build(pretrained=str(tmp_path))
    model.setup("test")
    assert float(model.encoder.recurrent.weight_hh_l0[0, 0].detach()) != pytest.approx(0.123)
    model.setup("fit")
    assert float(model.encoder.recurrent.weight_hh_l0[0, 0].detach()) == pytest.approx(0.123)
    with pytest.raises(UserError, match="no checkpoint"):
        build(pretrained=str(tmp_path / "nowhere")).setup("fit")


def test_what_it_needs():
    batch = noises(4)
    blind = Batch(batch.wave, batch.length, batch.target, batch.labelled, batch.index, batch.keys)
    with pytest.raises(UserError, match="needs directions"):
        build().loss(blind, torch.Generator())
    with pytest.raises(ValueError, match="0 or above"):
        build(encoder_gradient=-1.0)


def test_trained_clips_are_not_predicted():
    model, batch = build().eval(), noises(4)
    with torch.no_grad():
        model._trainer = SimpleNamespace(testing=True, test_dataloaders=[0, 1, 2])
        assert model.test_step(batch, 0, 1) == {}
        assert set(model.test_step(batch, 0, 2)) == {"classes", "azimuth"}
        model._trainer = SimpleNamespace(testing=False, val_dataloaders=[0, 1])
        assert model.validation_step(batch, 0, 0) == {}
        assert set(model.validation_step(batch, 0, 1)) == {"classes", "azimuth"}


def test_mc_simclr_is_nt_xent_of_the_projections_at_a_tenth():
    plugins = {"wave": [ChannelSwap(), Mixup()], "features": [AreaCrop(), ChannelDrop()]}
    model, batch = build(MCSimCLR, views=2, **plugins).eval(), noises()
    loss, _ = model.loss(batch, torch.Generator().manual_seed(1))
    h = model.encode(model.front(batch, torch.Generator().manual_seed(1)).features)
    assert loss.item() == pytest.approx(nt_xent(model.head(h), 0.1).item(), rel=1e-5)
    assert (model.head.hidden.out_features, model.head.out.out_features) == (128, 128)


def test_mc_simclr_learns_to_tell_clips_apart():
    losses = trained(build(MCSimCLR, views=2, wave=[ChannelSwap()]), noises(), 30)
    assert sum(losses[-5:]) < 0.6 * sum(losses[:5])


def test_a_run_can_go_on_where_another_ended(tmp_path):
    """Encoder and both layers are taken on."""
    first = build()
    trained(first, noises(), 2)
    path = tmp_path / "last.ckpt"
    checkpoint = {"state_dict": first.state_dict()}
    fingerprint.sign(checkpoint, first.front.features, 16000, False)
    torch.save(checkpoint, path)
    for layers in (True, False):
        second = build(pretrained=str(path), pretrained_layers=layers)
        with torch.no_grad():
            second.azimuth.weight.zero_()
        second.setup("fit")
        assert torch.equal(second.azimuth.weight, first.azimuth.weight) == layers
        torch.testing.assert_close(second.encoder.state_dict(), first.encoder.state_dict())


def test_training_leaves_a_frozen_encoder_as_it_is():
    """Lightning does not put a model into training mode; its batch norms must not be in it from the beginning."""
    model, batch = build(encoder_gradient=0.0), noises()
    before = {name: value.clone() for name, value in model.encoder.state_dict().items()}
    model.loss(batch, torch.Generator().manual_seed(0))[0].backward()
    assert all(torch.equal(value, before[name]) for name, value in model.encoder.state_dict().items())
    assert model.classes.weight.grad is not None
