"""Which parameters are decayed."""

import torch
from torch import nn

from lightning_sepcl.optim import parameter_groups


class Parts(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv2d(1, 2, 3)
        self.norms = nn.Sequential(nn.BatchNorm2d(2), nn.LayerNorm((4, 5)), nn.GroupNorm(1, 2))
        self.linear = nn.Linear(3, 3)
        self.tied = self.linear
        self.gain = nn.Parameter(torch.ones(()))
        self.frozen = nn.Linear(2, 2).requires_grad_(False)


def names(module, group):
    known = {id(p): name for name, p in module.named_parameters()}
    return [known[id(p)] for p in group["params"]]


def test_weights_are_decayed_biases_and_norms_are_not():
    module = Parts()
    decayed, undecayed = parameter_groups(module)
    assert names(module, decayed) == ["convolution.weight", "linear.weight"]
    norms = [f"norms.{i}.{what}" for i in range(3) for what in ("weight", "bias")]  # those of LayerNorm have two axes
    assert set(names(module, undecayed)) == {"gain", "convolution.bias", "linear.bias", *norms}
    assert "weight_decay" not in decayed
    assert undecayed["weight_decay"] == 0


def test_an_optimiser_decays_only_the_first_group():
    module = nn.Linear(2, 2)
    with torch.no_grad():
        for p in module.parameters():
            p.fill_(1.0)
    optimizer = torch.optim.SGD(parameter_groups(module), lr=0.5, weight_decay=0.2)
    for p in module.parameters():
        p.grad = torch.zeros_like(p)
    optimizer.step()
    assert torch.equal(module.weight, torch.full((2, 2), 0.9))
    assert torch.equal(module.bias, torch.ones(2))


def test_empty_groups_are_left_out():
    assert [len(g["params"]) for g in parameter_groups(nn.Linear(2, 2, bias=False))] == [1]
    assert parameter_groups(nn.ReLU()) == []
