"""Training with MixIT and with references: losses, gradients and weights of the published code, step by step."""

import pytest
import torch

from lightning_sepcl.objectives.mixit import MixIT
from lightning_sepcl.objectives.pit import PIT
from tests.separation.reference_nets import Reference, ReferenceAdam, relative_error


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(
    ("tag", "tolerance"),
    [("train_mixit_learned_M4", 1e-5), ("train_mixit_stft5ms_M2_silent", 1e-5), ("fuss_small_M4", 5e-5)],
)
def test_losses_of_five_steps_equal_the_reference(tag, tolerance, fast):
    reference = Reference(tag, fast)
    mixit = "mixtures" in reference.arrays
    wanted = reference["mixtures"].unflatten(0, (-1, 2)) if mixit else reference["sources"]
    loss = MixIT() if mixit else PIT()
    adam = ReferenceAdam(reference.net.parameters(), lr=1e-3)
    for expected in reference["losses"]:
        value = loss(reference.net(reference.mixture), wanted)
        torch.testing.assert_close(value.detach(), expected, atol=tolerance, rtol=tolerance)
        value.backward()
        adam.step()


@pytest.mark.parametrize("fast", [True, False])
def test_gradients_and_trained_weights_equal_the_reference(fast):
    reference = Reference("train_mixit_learned_M4", fast)
    net, mixtures = reference.net, reference["mixtures"].unflatten(0, (-1, 2))
    adam = ReferenceAdam(net.parameters(), lr=1e-3)
    names = [name for name, _ in net.named_parameters()]
    for step in range(reference.config["steps"]):
        MixIT()(net(reference.mixture), mixtures).backward()
        if step == 0:
            got = torch.cat([p.grad.flatten() for p in net.parameters()])
            expected = reference.state("grad")
            assert relative_error(got, torch.cat([expected[name].flatten() for name in names])) < 1e-5
        adam.step()
    after = reference.state("after")
    for name, parameter in net.named_parameters():
        torch.testing.assert_close(
            parameter.detach(), after[name], atol=5e-5, rtol=1e-4, msg=lambda t, n=name: f"{n}: {t}"
        )
