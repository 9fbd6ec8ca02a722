"""Iterative TDCN++: the published code's losses and gradients, and what the gradient passes through."""

import pytest
import torch

from lightning_sepcl.objectives.pit import PIT
from lightning_sepcl.separation.itdcnpp import ITDCNpp
from lightning_sepcl.separation.learned_basis import LearnedBasis
from lightning_sepcl.separation.stft_basis import STFTBasis
from tests.separation.reference_nets import Reference, ReferenceAdam, relative_error

TAG = "iter2_stft5ms_M2"


def small(**settings):
    sizes = {"basis": STFTBasis(80, 40, True), "bottleneck": 8, "hidden": 12, "repeats": 1, "blocks": 3}
    return ITDCNpp(**sizes | settings)


@pytest.mark.parametrize("fast", [True, False])
def test_output_losses_and_gradients_equal_the_reference(fast):
    reference = Reference(TAG, fast)
    net, loss = reference.net, PIT()
    adam = ReferenceAdam(net.parameters(), lr=1e-3)
    for step, expected in enumerate(reference["losses"]):
        stages = net.stages(reference.mixture)
        total = sum(loss(stage, reference["sources"]) for stage in stages)
        total.backward()
        if step == 0:
            assert relative_error(stages[-1].detach()[..., ::7], reference["output"]) < 1e-4
            gradient = reference.state("grad")
            joined = [torch.cat([g.flatten() for g in x]) for x in zip(*_pairs(net, gradient), strict=True)]
            assert relative_error(*joined) < 5e-4
        torch.testing.assert_close(total.detach(), expected, atol=1e-3, rtol=0)
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        adam.step()


def _pairs(net, gradient):
    return [(p.grad, gradient[name]) for name, p in net.named_parameters()]


def test_parameter_counts_are_the_published_ones():
    with torch.device("meta"):
        nets = ITDCNpp(2, STFTBasis(80, 40, True)), ITDCNpp(4, STFTBasis(512, 128, True))
    assert [sum(p.numel() for p in net.parameters()) for net in nets] == [17_043_462, 17_832_454]


@pytest.mark.parametrize("stop", [True, False])
def test_the_gradient_reaches_the_first_separator_only_where_it_may(stop):
    net = small(stop_gradient=stop, iterations=3)
    net(torch.randn(2, 1, 400)).square().sum().backward()
    first = [p.grad for p in net.iterations[0].parameters()]
    assert all(g is None for g in first) is stop
    assert all(p.grad is not None for p in net.iterations[2].parameters())


def test_stages_end_with_the_output_and_each_sums_to_the_mixture():
    net, wave = small(sources=3, iterations=3), torch.randn(2, 1, 333)
    with torch.no_grad():
        stages = net.stages(wave)
        assert torch.equal(stages[-1], net(wave))
    assert len(stages) == 3
    for stage in stages:
        torch.testing.assert_close(stage.sum(1, keepdim=True), wave, atol=2e-6, rtol=0)


def test_every_iteration_has_weights_of_its_own():
    net = small(basis=LearnedBasis(16), iterations=2)
    one, two = (iteration.basis.encoder for iteration in net.iterations)
    assert one is not two
    assert not torch.equal(one, two)


def test_one_iteration_is_refused():
    with pytest.raises(ValueError, match="`iterations` is 1, it must be at least 2"):
        small(iterations=1)
