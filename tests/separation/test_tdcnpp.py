"""TDCN++: equal to the published code's outputs, its parameter counts, and what a user may rely on."""

import pytest
import torch

from lightning_sepcl.separation.learned_basis import LearnedBasis
from lightning_sepcl.separation.stft_basis import STFTBasis
from lightning_sepcl.separation.tdcnpp import TDCNpp
from tests.separation.reference_nets import Reference, relative_error

SMALL = ["learned_M2_pred_source", "learned_M2_uniform", "learned_M2_magsq", "learned_M2_none", "learned_M2_oddlen"]
SMALL += ["learned_M2_ln_noscale", "stft5ms_M2_pred", "stft32ms_M4_skip_pred", "fuss_small_M4"]
FULL = ["full_learned_M2", "full_learned_M2_skip", "full_stft32ms_M8", "fuss_full_M4"]


def small(**settings):
    return TDCNpp(**{"basis": LearnedBasis(16), "bottleneck": 8, "hidden": 12, "repeats": 2, "blocks": 3} | settings)


@pytest.fixture(autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize("tag", SMALL)
def test_small_nets_equal_the_reference(tag, fast):
    reference = Reference(tag, fast)
    with torch.no_grad():
        estimates = reference.net(reference.mixture)
    assert relative_error(estimates[..., ::7], reference["output"]) < 2e-5


@pytest.mark.parametrize("tag", FULL)
def test_full_nets_equal_the_reference(tag):
    reference = Reference(tag)
    with torch.no_grad():
        estimates = reference.net(reference.mixture)
    assert relative_error(estimates[..., ::7], reference["output"]) < 2e-5
    assert sum(p.numel() for p in reference.net.parameters()) == reference.config["n_params"]


@pytest.mark.parametrize("tag", ["learned_M2_pred_source", "stft5ms_M2_pred"])
def test_masks_and_shares_equal_the_reference(tag):
    """A mask of the same figures cannot be had with sources and bins the other way round."""
    reference, net = Reference(tag), Reference(tag).net
    with torch.no_grad():
        core = net.core(net.features(net.basis.encode(reference.mixture)))
        masks, shares = net.masks(core), net.consistency.weights(reference["output"], core)
    torch.testing.assert_close(masks.mT[:, :, ::7, ::3], reference["mask"], atol=2e-4, rtol=0)
    torch.testing.assert_close(shares, reference["mid/mix_weights"][:, :, 0], atol=1e-6, rtol=1e-5)


COUNTS = {
    "learned": (8_672_257, 8_803_841, 9_067_009, 9_593_345),
    "learned, skip": (9_067_015, 9_198_599, 9_461_767, 9_988_103),
    "5 ms": (8_505_091, 8_538_883, 8_606_467, 8_741_635),
    "5 ms, skip": (8_899_849, 8_933_641, 9_001_225, 9_136_393),
    "32 ms": (8_652_547, 8_784_643, 9_048_835, 9_577_219),
    "32 ms, skip": (9_047_305, 9_179_401, 9_443_593, 9_971_977),
}


@pytest.mark.parametrize("kind", COUNTS)
def test_parameter_counts_are_the_published_ones(kind):
    bases = {"learned": LearnedBasis, "5 ms": lambda: STFTBasis(80, 40), "32 ms": lambda: STFTBasis(512, 128)}
    for sources, count in zip((2, 4, 8, 16), COUNTS[kind], strict=True):
        with torch.device("meta"):
            net = TDCNpp(sources, bases[kind.split(",")[0]](), skip_residual="skip" in kind)
        assert sum(p.numel() for p in net.parameters()) == count, sources


def test_the_untrained_net_is_initialised_as_published():
    net = TDCNpp(bottleneck=32, hidden=64, repeats=2, blocks=4)
    for index, block in enumerate(net.core.blocks):
        assert block.down.scale.item() == pytest.approx(0.9**index)
        assert block.first.slope.item() == block.second.slope.item() == pytest.approx(0.1)
        for weight, limit in ((block.up.weight, (6 / 96) ** 0.5), (block.taps.weight, (6 / (3 * 64 + 3)) ** 0.5)):
            assert 0.9 * limit < weight.abs().max() <= limit
        assert block.taps.bias.abs().max() == 0
        assert block.taps.dilation == 2 ** (index % 4)
    assert net.core.initial.bias.abs().max() == 0


@pytest.mark.parametrize("basis", [LearnedBasis(16), STFTBasis(80, 40), STFTBasis(80, 40, zero_beginning=True)])
@pytest.mark.parametrize("consistency", ["uniform", "magsq", "pred_source"])
def test_estimates_sum_to_the_mixture(basis, consistency):
    for samples in (1, 39, 80, 777):
        wave = torch.randn(2, 1, samples)
        with torch.no_grad():
            estimates = small(sources=3, basis=basis, consistency=consistency)(wave)
        assert estimates.shape == (2, 3, samples)
        torch.testing.assert_close(estimates.sum(1, keepdim=True), wave, atol=2e-6, rtol=0)


@pytest.mark.parametrize("norm", ["instance", "global", "layer"])
def test_a_clip_alone_equals_its_row_of_the_batch(norm):
    net, waves = small(norm=norm, skip_residual=True, basis=STFTBasis(80, 40)), torch.randn(3, 1, 900)
    with torch.no_grad():
        together, alone = net(waves), [net(wave[None]) for wave in waves]
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-5, rtol=0)


@pytest.mark.parametrize("basis", [LearnedBasis(16), STFTBasis(80, 40, zero_beginning=True)])
def test_in_float64_both_paths_agree_for_every_parameter(basis):
    nets = [small(basis=basis, skip_residual=True, fast=fast).double() for fast in (True, False)]
    nets[1].load_state_dict(nets[0].state_dict())
    wave = torch.randn(2, 1, 333, dtype=torch.float64)
    one, two = [net(wave) for net in nets]
    torch.testing.assert_close(one, two, atol=1e-12, rtol=1e-10)
    torch.testing.assert_close(one.sum(1, keepdim=True), wave, atol=1e-13, rtol=0)
    for out in (one, two):
        out.square()[:, 0].sum().backward()
    for (name, p), q in zip(nets[0].named_parameters(), nets[1].parameters(), strict=True):
        torch.testing.assert_close(p.grad, q.grad, atol=1e-10, rtol=1e-7, msg=lambda t, n=name: f"{n}: {t}")


def test_silence_stays_silent_and_has_finite_gradients():
    for basis in (LearnedBasis(16), STFTBasis(80, 40)):
        for kind in ("mean_and_variance", "compress_and_max", "scale_and_bias"):
            net, wave = small(basis=basis, feature_norm=kind), torch.zeros(1, 1, 500, requires_grad=True)
            estimates = net(wave)
            assert not estimates.any()
            estimates.sum().backward()
            assert all(p.grad is None or p.grad.isfinite().all() for p in [*net.parameters(), wave])


def test_a_wave_is_left_as_it_was():
    net, wave = small(), torch.randn(1, 1, 500)
    before = wave.clone()
    with torch.no_grad():
        net(wave)
    assert torch.equal(wave, before)


def test_in_bfloat16_it_is_nearly_the_same():
    net, wave = small(), torch.randn(1, 1, 2000)
    with torch.no_grad():
        full = net(wave)
        with torch.autocast("cpu", torch.bfloat16):
            half = net(wave)
    assert half.dtype == torch.float32
    assert 1e-6 < relative_error(half, full) < 0.02
    torch.testing.assert_close(half.sum(1, keepdim=True), wave, atol=2e-6, rtol=0)


def test_sizes_below_one_are_refused():
    with pytest.raises(ValueError, match="must be at least 1, they are 0, 8, 12, 2, 3 and 1"):
        small(sources=0)
