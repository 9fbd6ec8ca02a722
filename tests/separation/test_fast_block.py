"""The fast path: the same function and gradients as plain autograd, for every length, in both of its modes."""

import pytest
import torch

from lightning_sepcl.separation import fast_block
from lightning_sepcl.separation.block import Block
from lightning_sepcl.separation.scratch import Scratch
from lightning_sepcl.separation.tdcn import TDCN

NAMES = [name for name, _ in Block(4, 6, 1, "instance", 0.9).named_parameters()]


def block(dilation, scale=0.9, seed=0, dtype=torch.float64):
    """Parameters away from their special initial values."""
    torch.manual_seed(seed)
    made = Block(5, 20, dilation, "instance", scale).to(dtype)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return made


def gradients(run, made, y, weight):
    """Of y and all parameters, under a loss with a different weight for every value."""
    out = run(y)
    return out.detach(), torch.autograd.grad((out * weight).sum(), [y, *made.parameters()])


@pytest.mark.parametrize("tile", [1, 60, 1 << 19])
@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(("frames", "dilation"), [(33, 4), (16, 1), (7, 7), (3, 8), (1, 2), (8, 7)])
def test_output_and_every_gradient_equal_plain_autograd(frames, dilation, keep, tile, monkeypatch):
    monkeypatch.setattr(fast_block, "TILE", tile)
    made = block(dilation)
    y = torch.randn(3, 5, frames, dtype=torch.float64, requires_grad=True)
    weight = torch.randn_like(y)
    plain, expected = gradients(made, made, y, weight)
    fast, got = gradients(lambda x: made.fast(x, Scratch(), keep), made, y, weight)
    torch.testing.assert_close(fast, plain, atol=1e-12, rtol=1e-12)
    scale = max(g.abs().max() for g in expected)  # the gradient of the first factor is nearly 0 by construction
    for name, a, b in zip(["input", *NAMES], got, expected, strict=True):
        torch.testing.assert_close(a, b, atol=1e-11 * scale.item(), rtol=1e-9, msg=lambda t, n=name: f"{n}: {t}")


@pytest.mark.parametrize("slopes", [(-0.4, 1.7), (0.0, 0.0)])
def test_slopes_may_be_anything(slopes):
    made = block(2)
    with torch.no_grad():
        made.first.slope.fill_(slopes[0])
        made.second.slope.fill_(slopes[1])
    y = torch.randn(1, 5, 40, dtype=torch.float64, requires_grad=True)
    weight = torch.randn_like(y)
    for a, b in zip(
        gradients(lambda x: made.fast(x, Scratch(), True), made, y, weight)[1],
        gradients(made, made, y, weight)[1],
        strict=True,
    ):
        torch.testing.assert_close(a, b, atol=1e-10, rtol=1e-9)


def test_gradients_are_the_numerical_ones():
    made = block(3)
    y = torch.randn(2, 5, 11, dtype=torch.float64, requires_grad=True)
    scratch = Scratch()

    def run(x, *weights):
        return fast_block.FastBlock.apply(x, 3, True, scratch, *weights)

    assert torch.autograd.gradcheck(run, (y, *made.weights()), atol=1e-6)


def test_a_block_without_factor_and_a_second_backward_pass():
    made = block(2, scale=None)
    y = torch.randn(2, 5, 30, dtype=torch.float64, requires_grad=True)
    out = made.fast(y, Scratch(), True).square().sum()
    first = torch.autograd.grad(out, made.down.weight, retain_graph=True)[0]
    again = torch.autograd.grad(out, made.down.weight)[0]
    torch.testing.assert_close(first, torch.autograd.grad(made(y).square().sum(), made.down.weight)[0])
    assert torch.equal(first, again)


def test_a_second_derivative_is_refused_and_not_wrong():
    made, y = block(1), torch.randn(1, 5, 9, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(made.fast(y, Scratch(), True).square().sum(), y, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        slope.sum().backward()


def network(**settings):
    torch.manual_seed(1)
    return TDCN(6, 5, 20, 3, 4, **settings)


@pytest.mark.parametrize("skip", [True, False])
@pytest.mark.parametrize("recompute", [True, False])
@pytest.mark.parametrize("frames", [1, 5, 200])
def test_whole_networks_agree_with_and_without_gradient(skip, recompute, frames):
    fast = network(skip_residual=skip, recompute=recompute).double()
    plain = network(skip_residual=skip, recompute=recompute, fast=False).double()
    x = torch.randn(2, 6, frames, dtype=torch.float64)
    before = x.clone()
    with torch.no_grad():
        still = fast(x)
    one, two = fast(x), plain(x)
    torch.testing.assert_close(one, still)
    torch.testing.assert_close(one, two)
    assert torch.equal(x, before)
    for net, out in ((fast, one), (plain, two)):
        out.square().mean().backward()
        assert all(p.grad is not None for p in net.parameters())
    for (name, p), q in zip(fast.named_parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(p.grad, q.grad, atol=1e-10, rtol=1e-7, msg=lambda text, name=name: f"{name}: {text}")


def test_frozen_weights_let_the_gradient_through_to_the_input():
    net, x = network().requires_grad_(False), torch.randn(1, 6, 20, requires_grad=True)
    net(x).sum().backward()
    assert x.grad is not None
    assert x.grad.abs().sum() > 0


@pytest.mark.parametrize(
    ("settings", "dtype", "autocast", "expected"),
    [
        ({}, torch.float32, False, True),
        ({}, torch.float64, False, True),
        ({}, torch.float32, True, False),
        ({"norm": "global"}, torch.float32, False, False),
        ({"norm": "layer"}, torch.float32, False, False),
        ({"fast": False}, torch.float32, False, False),
    ],
)
def test_which_path_is_taken(settings, dtype, autocast, expected, monkeypatch):
    taken = []
    original = Block.fast_
    monkeypatch.setattr(Block, "fast_", lambda self, y, s: (taken.append(1), original(self, y, s))[1])
    net, x = network(**settings).to(dtype), torch.randn(1, 6, 20, dtype=dtype)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=autocast):
        net(x)
    assert bool(taken) is expected


def test_loud_and_offset_input_loses_no_more_than_float32_does():
    net, exact = network(), network().double()
    for wave in (100 * torch.randn(1, 6, 500), torch.randn(1, 6, 500) + 100, torch.zeros(1, 6, 500)):
        with torch.no_grad():
            torch.testing.assert_close(net(wave).double(), exact(wave.double()), atol=1e-4, rtol=1e-4)
