"""Every method: its loss is the objective of the right views, it learns ten clips, it embeds clips of any length."""

import math
from types import SimpleNamespace

import pytest
import torch

from lightning_sepcl.encoders import SmallCNN
from lightning_sepcl.encoders.readout import BlockStatistics, PooledEmbedding
from lightning_sepcl.errors import UserError
from lightning_sepcl.features import LogMel
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.methods import CLAR, CoincidencePrediction, Joint, SimCLR, Supervised
from lightning_sepcl.objectives.coincidence import coincidence_loss
from lightning_sepcl.objectives.nt_xent import nt_xent
from lightning_sepcl.records import Batch
from lightning_sepcl.views import TemporalProximity


def tones(count=10, samples=24000):
    """Clip i is a tone of its own with a little noise: easy to tell apart."""
    time = torch.arange(samples) / 16000
    noise = torch.randn(count, samples, generator=torch.Generator().manual_seed(0))
    wave = torch.sin(2 * math.pi * 200 * 1.35 ** torch.arange(count)[:, None] * time) * 0.3 + 0.01 * noise
    return Batch(
        wave[:, None, None],
        torch.full((count,), samples),
        torch.eye(count)[:, :5] + torch.eye(count).roll(5, 0)[:, :5],
        torch.ones(count, dtype=torch.bool),
        torch.arange(count),
        tuple(f"tone {i}" for i in range(count)),
    )


def build(method, views=2, **kwargs):
    torch.manual_seed(0)
    front = FrontEnd(TemporalProximity(96, views=views), LogMel(), standardise=False)
    encoder = SmallCNN(dim=16, widths=[8, 16])
    return method(front, encoder, class_names=tuple("abcde"), **kwargs)


METHODS = [(SimCLR, 2), (CLAR, 2), (CoincidencePrediction, 2), (Joint, 4), (Joint, 2), (Supervised, 1)]


@pytest.mark.parametrize(("method", "views"), METHODS)
def test_the_loss_falls_on_ten_clips(method, views):
    model, batch = build(method, views), tones()
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    losses = []
    for step in range(25):
        loss, _ = model.loss(batch, torch.Generator().manual_seed(step))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])
    assert all(p.grad is not None for p in model.parameters())


def test_joint_gives_each_task_its_own_pair():
    model, batch = build(Joint, 4).eval(), tones()
    loss, _ = model.loss(batch, torch.Generator().manual_seed(3))
    h = model.encode(model.front(batch, torch.Generator().manual_seed(3)).features)
    similarity = nt_xent(model.projection(h[:, :2]), 0.3)
    coincidence, _ = coincidence_loss(model.coincidence(h[:, 2], h[:, 3]))
    assert loss.item() == pytest.approx((similarity + coincidence).item(), rel=1e-6)


def test_joint_weighs_its_tasks():
    batch = tones()
    plain, doubled = build(Joint, 2).eval(), build(Joint, 2, similarity_weight=2.0, coincidence_weight=0.0).eval()
    _, parts = plain.loss(batch, torch.Generator().manual_seed(3))
    loss, _ = doubled.loss(batch, torch.Generator().manual_seed(3))
    assert loss.item() == pytest.approx(2 * parts["similarity"].item(), rel=1e-6)


def test_coincidence_prediction_refuses_three_views():
    with pytest.raises(ValueError, match="CoincidencePrediction needs 2 views, the front end makes 3"):
        build(CoincidencePrediction, 3)


def test_a_run_without_an_end_is_refused():
    model = build(SimCLR)
    model.trainer = SimpleNamespace(estimated_stepping_batches=math.inf)
    with pytest.raises(UserError, match=r"no end .* set trainer\.max_steps or max_epochs"):
        model.configure_optimizers()


def test_joint_refuses_three_views():
    with pytest.raises(ValueError, match="4 views, or 2"):
        build(Joint, 3)


def test_supervised_needs_classes():
    with pytest.raises(ValueError, match="no classes"):
        Supervised(FrontEnd(TemporalProximity(96, views=1), LogMel()), SmallCNN(dim=16, widths=[8, 16]))


def test_channels_of_feature_and_encoder_must_agree():
    with pytest.raises(ValueError, match="makes 1 feature channel"):
        SimCLR(FrontEnd(TemporalProximity(), LogMel()), SmallCNN(dim=16, widths=[8, 16], channels=2))


def test_a_supervised_head_may_be_deeper():
    head = build(Supervised, 1, head_layers=3).head
    shapes = [tuple(part.weight.shape) for part in (head.hidden, head.deeper[0], head.out)]
    assert shapes == [(512, 16), (512, 512), (5, 512)]


@pytest.mark.parametrize("window", [None, 96])
def test_embeddings_do_not_depend_on_the_company(window):
    readouts = {"embedding": PooledEmbedding(), "blocks": BlockStatistics(2)}
    model = build(SimCLR, readouts=readouts, window_frames=window).eval()
    batch = tones()
    length = torch.tensor([24000, 20000, 24000, 17000, 20000, 900, 24000, 24000, 31, 1])
    wave = batch.wave[:, 0] * (torch.arange(24000) < length[:, None])[:, None]
    with torch.no_grad():
        together = model.embed(wave, length)
        for i, n in enumerate(length.tolist()):
            alone = model.embed(wave[i : i + 1, :, :n], length[i : i + 1])
            for name in readouts:
                torch.testing.assert_close(together[name][i], alone[name][0], atol=1e-5, rtol=1e-4)
    assert together["embedding"].shape == (10, 16)
    assert together["blocks"].shape == (10, 3 * (8 + 16))
    assert all(h.isfinite().all() for h in together.values())


def test_channels_last_changes_the_layout_not_the_figures():
    batch = tones()
    plain, other = build(SimCLR), build(SimCLR, channels_last=True)
    a, _ = plain.loss(batch, torch.Generator().manual_seed(0))
    b, _ = other.loss(batch, torch.Generator().manual_seed(0))
    assert a.item() == pytest.approx(b.item(), rel=1e-4)
