"""The fast path of a TDCN++ block on a CPU: the same function with a backward pass of its own.

Plain autograd writes and keeps some ten arrays of (hidden, frame) per block; memory traffic then takes longer than
the two matrix products. Here only the block's input and its first product are kept, and everything between the
products runs over a few channels at a time, which stay in the cache: statistics need all frames of a channel, and no
other channel. With u = W1 y, p = PReLU(u), q = taps(norm(p)), z = PReLU(q):

- A norm's gain and 1/deviation are factors of a channel: they go into the taps or into the columns of W2.
  Its shift becomes a constant per channel behind the taps (less at the edges, whose padding is 0 and not `shift`),
  and a constant per output channel behind W2. So no norm is ever written out: only centred rows are.
- Backwards, both norms need sums over frames of (gradient · centred row). For the second they are column sums of
  W2 * (dy zᵀ), a product that dW2 needs anyhow; for the first they follow from the gradients of the three taps.

Sums of squares are taken of centred rows: a difference of large sums would cancel.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor

from lightning_sepcl.separation.norm import EPSILON
from lightning_sepcl.separation.scratch import Scratch, aligned_empty

TILE = 1 << 19  # elements per tile, 2 MB; from 64 k to 1 M differ by less than an eighth

leaky = torch.ops.aten.leaky_relu
leaky_ = torch.ops.aten.leaky_relu_
leaky_backward = torch.ops.aten.leaky_relu_backward


class Weights(NamedTuple):
    """A block's parameters, in the order in which gradients are given back.

    `up` (hidden, bottleneck) and `down` (bottleneck, hidden) with their scales; `slope`, `gain` and `shift` of the
    first and the second norm; `taps` (hidden, 3) and their `bias` (hidden). What is not named so is a scalar.
    """

    up: Tensor
    up_scale: Tensor
    slope1: Tensor
    gain1: Tensor
    shift1: Tensor
    taps: Tensor
    bias: Tensor
    slope2: Tensor
    gain2: Tensor
    shift2: Tensor
    down: Tensor
    down_scale: Tensor


class Statistics(NamedTuple):
    """Of the rows of p and z: mean and 1/deviation, each (hidden, 1)."""

    mean1: Tensor
    rate1: Tensor
    mean2: Tensor
    rate2: Tensor


class FastBlock(torch.autograd.Function):
    """`Block.forward` with norm `instance`, differentiable once."""

    @staticmethod
    def forward(ctx: Any, y: Tensor, dilation: int, keep: bool, scratch: Scratch, *weights: Tensor) -> Tensor:
        """y (batch, bottleneck, frame); `keep` the first product for the backward pass, or compute it again there."""
        w = Weights(*weights)
        hidden, frames = w.up.shape[0], y.shape[2]
        out = aligned_empty(y, *y.shape).copy_(y)
        kept = aligned_empty(y, len(y), hidden, frames) if keep else None
        statistics = y.new_empty(len(y), 4, hidden, 1)
        for i in range(len(y)):
            u = scratch("u", y, hidden, frames) if kept is None else kept[i]
            add_block(out[i], y[i], w, dilation, u, scratch, Statistics(*statistics[i]), spoil=kept is None)
        ctx.dilation, ctx.scratch = dilation, scratch
        ctx.save_for_backward(y, statistics, kept, *weights)
        return out

    @staticmethod
    @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, ...]:
        """Gradients of `y` and of the weights."""
        y, statistics, kept, *weights = ctx.saved_tensors
        w, scratch = Weights(*weights), ctx.scratch
        dx = aligned_empty(dy, *dy.shape).copy_(dy)
        gradient = Weights(*(torch.zeros_like(weight) for weight in w))
        for i in range(len(y)):
            u = first_product(y[i], w, scratch("u", y, len(w.up), y.shape[2])) if kept is None else kept[i]
            step = BlockGradient(w, gradient, Statistics(*statistics[i]), ctx.dilation, scratch)
            step(y[i], u, dx[i], dy[i])
        return (dx, None, None, None, *gradient)


def add_block(
    out: Tensor,
    y: Tensor,
    w: Weights,
    dilation: int,
    u: Tensor,
    scratch: Scratch,
    statistics: Statistics,
    spoil: bool,
) -> None:
    """Add to `out` what the block makes of `y` (bottleneck, frame) of one example; the two may be the same.

    Fills `u` with the first product and `statistics`; with `spoil`, `u` is used up on the way.
    """
    slope1, slope2 = w.slope1.item(), w.slope2.item()
    first_product(y, w, u)
    z = scratch("z", y, *u.shape)
    for rows in tiles(*u.shape):
        p = leaky_(u[rows], slope1) if spoil else leaky(u[rows], slope1)
        statistics.mean1[rows], statistics.rate1[rows] = centre(p)
        tapped(p, w, statistics.rate1[rows], rows, dilation, z[rows])
        statistics.mean2[rows], statistics.rate2[rows] = centre(leaky_(z[rows], slope2))
    down = w.down * w.down_scale
    out.addmm_(down * (w.gain2 * statistics.rate2).T, z).add_(down.sum(1, keepdim=True) * w.shift2)


class BlockGradient:
    """The backward pass of one example: adds to the gradients of the weights and of the block's input."""

    def __init__(self, w: Weights, gradient: Weights, s: Statistics, dilation: int, scratch: Scratch) -> None:
        self.w, self.gradient, self.s, self.dilation, self.scratch = w, gradient, s, dilation, scratch
        self.slope1, self.slope2 = w.slope1.item(), w.slope2.item()

    def __call__(self, y: Tensor, u: Tensor, dx: Tensor, dy: Tensor) -> None:
        """`dx` holds `dy` and gets the rest; `dy` is what comes back from behind the block."""
        q, z, dz = (self.scratch(name, y, *u.shape) for name in ("q", "z", "dz"))
        for rows in tiles(*u.shape):
            p = leaky(u[rows], self.slope1).sub_(self.s.mean1[rows])
            tapped(p, self.w, self.s.rate1[rows], rows, self.dilation, q[rows])
            leaky.out(q[rows], self.slope2, out=z[rows]).sub_(self.s.mean2[rows])
        slant, offset = self.down(z, dy, dz)
        for rows in tiles(*u.shape):
            dz[rows].addcmul_(z[rows], slant[rows]).sub_(offset[rows])
            self.between(u[rows], q[rows], z[rows], dz[rows], rows)
        self.up(y, dz, dx)

    def down(self, z: Tensor, dy: Tensor, dz: Tensor) -> tuple[Tensor, Tensor]:
        """Through W2 and the second norm's factor; what is still missing of the norm is slant · z − offset."""
        w, g, rate, frames = self.w, self.gradient, self.s.rate2, z.shape[1]
        product, sums = dy @ z.T, dy.sum(1, keepdim=True)
        factor = w.gain2 * rate
        outer = product * factor.T + w.shift2 * sums  # dy times the transposed output of the norm
        g.down.add_(outer * w.down_scale)
        g.down_scale.add_((outer * w.down).sum())
        dot = w.down_scale * (w.down * product).sum(0)[:, None]  # over frames, of the norm's gradient with z
        total = w.down_scale * (w.down.T @ sums)  # over frames, of the norm's gradient
        g.gain2.add_((rate * dot).sum())
        g.shift2.add_(total.sum())
        torch.mm((w.down * (w.down_scale * factor).T).T.contiguous(), dy, out=dz)
        return factor * rate * rate * dot / -frames, factor * total / frames

    def between(self, u: Tensor, q: Tensor, spare: Tensor, dz: Tensor, rows: slice) -> None:
        """From the gradient of z to that of u, in place of `dz`, for some channels; uses up `q` and `spare`."""
        w, g, d = self.w, self.gradient, self.dilation
        mean, rate, frames = self.s.mean1[rows], self.s.rate1[rows], u.shape[1]
        dq = leaky_backward(dz, q, self.slope2, False)
        g.slope2.add_(q.clamp_(max=0).mul_(dz).sum())
        p = leaky.out(u, self.slope1, out=q).sub_(mean)
        factor, taps = w.gain1 * rate, w.taps[rows]
        dots, sums = tap_dots(dq, p, d, spare), tap_sums(dq, d)
        g.taps[rows] += dots * factor + sums * w.shift1
        g.bias[rows] += sums[:, 1]
        dot, total = (dots * taps).sum(1, keepdim=True), (sums * taps).sum(1, keepdim=True)
        g.gain1.add_((rate * dot).sum())
        g.shift1.add_(total.sum())
        dp = shifted_sum(dq, (taps * factor).flip(1), d, spare)
        dp.addcmul_(p, factor * rate * rate * dot / -frames).sub_(factor * total / frames)
        leaky_backward.grad_input(dp, u, self.slope1, False, grad_input=dz)
        g.slope1.add_(torch.clamp(u, max=0, out=q).mul_(dp).sum())

    def up(self, y: Tensor, du: Tensor, dx: Tensor) -> None:
        """Through W1."""
        w, g = self.w, self.gradient
        outer = du @ y.T
        g.up.add_(outer * w.up_scale)
        g.up_scale.add_((outer * w.up).sum())
        dx.addmm_((w.up * w.up_scale).T.contiguous(), du)


def tiles(channels: int, frames: int) -> Iterator[slice]:
    """Channels by turns, as many as make up a tile."""
    size = max(8, TILE // frames)
    return (slice(start, min(channels, start + size)) for start in range(0, channels, size))


def first_product(y: Tensor, w: Weights, out: Tensor) -> Tensor:
    """W1 y into `out`."""
    return torch.mm(w.up * w.up_scale, y, out=out)


def centre(x: Tensor) -> tuple[Tensor, Tensor]:
    """Take the mean of each row off, in place; the mean and 1/deviation."""
    mean = x.mean(1, keepdim=True)
    norm = torch.linalg.vector_norm(x.sub_(mean), dim=1, keepdim=True)
    return mean, (norm.square().div_(x.shape[1]) + EPSILON).rsqrt_()


def tapped(p: Tensor, w: Weights, rate: Tensor, rows: slice, dilation: int, out: Tensor) -> None:
    """The taps over the first norm's output, from the centred rows `p` alone, into `out`."""
    taps = w.taps[rows]
    shifted_sum(p, taps * (w.gain1 * rate), dilation, out)
    out.add_(taps.sum(1, keepdim=True) * w.shift1 + w.bias[rows, None])
    out[:, :dilation].sub_(taps[:, :1] * w.shift1)
    out[:, max(0, out.shape[1] - dilation) :].sub_(taps[:, 2:] * w.shift1)


def shifted_sum(x: Tensor, taps: Tensor, dilation: int, out: Tensor) -> Tensor:
    """taps₀ · x[t − d] + taps₁ · x[t] + taps₂ · x[t + d], with zeros outside, into `out`; `taps` (row, 3)."""
    torch.mul(x, taps[:, 1:2], out=out)
    if dilation < x.shape[1]:
        out[:, dilation:].addcmul_(x[:, :-dilation], taps[:, :1])
        out[:, :-dilation].addcmul_(x[:, dilation:], taps[:, 2:])
    return out


def tap_dots(dq: Tensor, p: Tensor, dilation: int, spare: Tensor) -> Tensor:
    """For each tap the sum over frames of dq[t] · p[t − d], p[t] and p[t + d]: (row, 3)."""
    dots = p.new_zeros(len(p), 3)
    dots[:, 1] = torch.mul(dq, p, out=spare).sum(1)
    if dilation < p.shape[1]:
        dots[:, 0] = torch.mul(dq[:, dilation:], p[:, :-dilation], out=spare[:, dilation:]).sum(1)
        dots[:, 2] = torch.mul(dq[:, :-dilation], p[:, dilation:], out=spare[:, dilation:]).sum(1)
    return dots


def tap_sums(dq: Tensor, dilation: int) -> Tensor:
    """For each tap the sum of dq over the frames where the tap lies inside the clip: (row, 3)."""
    total, edge = dq.sum(1), min(dilation, dq.shape[1])
    return torch.stack([total - dq[:, :edge].sum(1), total, total - dq[:, dq.shape[1] - edge :].sum(1)], 1)
