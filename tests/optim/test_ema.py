"""The moving average of weights against its sum, and its way in and out of a model."""

import pytest
import torch
from torch import nn

from lightning_sepcl.optim import WeightEMA


def model():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))


def set_to(net, value):
    with torch.no_grad():
        for p in net.parameters():
            p.fill_(value)


def test_average_is_the_weighted_sum():
    net, ema, values = model(), WeightEMA(0.8), [1.0, 3.0, -2.0, 5.0]
    for value in values:
        set_to(net, value)
        ema.update(net)
    expected = 0.8**3 * 1 + 0.2 * (0.8**2 * 3 + 0.8 * -2 + 5)
    for name, _ in net.named_parameters():
        torch.testing.assert_close(ema.state_dict()[name], torch.full_like(net.get_parameter(name), expected))


def test_running_statistics_are_averaged_and_counters_taken():
    net, ema = model(), WeightEMA(0.5)
    means = []
    for _ in range(3):
        net(torch.randn(4, 2))
        ema.update(net)
        means.append(net[1].running_mean.clone())
    torch.testing.assert_close(ema.state_dict()["1.running_mean"], (means[0] + means[1]) / 4 + means[2] / 2)
    assert ema.state_dict()["1.num_batches_tracked"] == 3


def test_apply_and_restore_give_every_bit_back():
    net, ema = model(), WeightEMA(0.9)
    ema.update(net)
    average = {name: value.clone() for name, value in net.state_dict().items()}
    net(torch.randn(4, 2))
    set_to(net, 7.0)
    own = {name: value.clone() for name, value in net.state_dict().items()}
    ema.apply(net)
    assert all(torch.equal(value, average[name]) for name, value in net.state_dict().items())
    ema.restore(net)
    assert all(torch.equal(value, own[name]) for name, value in net.state_dict().items())
    set_to(net, 8.0)  # what is set aside and what is averaged are copies
    assert torch.equal(ema.state_dict()["0.weight"], average["0.weight"])


def test_it_goes_on_from_its_saved_state(tmp_path):
    net, whole = model(), WeightEMA(0.9)
    whole.update(net)
    torch.save(whole.state_dict(), tmp_path / "ema.pt")
    resumed = WeightEMA(0.9)
    resumed.load_state_dict(torch.load(tmp_path / "ema.pt", weights_only=True))
    set_to(net, 3.0)
    for ema in (whole, resumed):
        ema.update(net)
    assert all(torch.equal(value, resumed.state_dict()[name]) for name, value in whole.state_dict().items())


def test_the_wrong_order_is_told():
    net, ema = model(), WeightEMA()
    with pytest.raises(RuntimeError, match="no average yet"):
        ema.apply(net)
    with pytest.raises(RuntimeError, match="nothing to restore"):
        ema.restore(net)
    ema.update(net)
    ema.apply(net)
    for act in (ema.apply, ema.update):
        with pytest.raises(RuntimeError, match="while the average is applied"):
            act(net)


@pytest.mark.parametrize("decay", [1.0, -0.1])
def test_nonsense_is_refused(decay):
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\)"):
        WeightEMA(decay)
