"""What every encoder promises, one body for all of them."""

import copy
import inspect
import itertools

import pytest
import torch
from torch.nn import functional

import lightning_sepcl.encoders as room
from lightning_sepcl.encoders import CNN14, CRNN, Encoder, MobileNet, ResNet18, ResNet18Wave, SmallCNN
from lightning_sepcl.encoders.resnet18 import ResidualEncoder

SMALL = {
    "CNN14": lambda **k: CNN14(dim=12, width=1 / 16, **k),
    "CNN14 batch": lambda **k: CNN14(dim=12, width=1 / 16, norm="batch", **k),
    "CRNN": lambda channels=1, **k: CRNN(dim=12, width=1 / 8, bins=64, channels=channels, **k),
    "MobileNet": lambda **k: MobileNet([[1, 128], [2, 192], [1, 12]], stem=64, **k),
    "ResNet18": lambda **k: ResNet18(dim=12, width=1 / 8, **k),
    "ResNet18Wave": lambda **k: ResNet18Wave(dim=12, width=1 / 8, **k),
    "SmallCNN": lambda **k: SmallCNN(dim=12, widths=[4, 8, 16, 16], **k),
    "SmallCNN none": lambda **k: SmallCNN(dim=12, widths=[4, 8, 16, 16], norm="none", **k),
}


@pytest.fixture(params=SMALL)
def build(request):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    return SMALL[request.param]


def patches(n, channels=1, frames=96):
    return torch.randn(n, channels, 64, frames, generator=torch.Generator().manual_seed(n))


def test_no_encoder_escapes():
    found = {name for name in room.__all__ if inspect.isclass(c := getattr(room, name)) and issubclass(c, Encoder)}
    assert found == {"Encoder", *(name.split()[0] for name in SMALL)}


@pytest.mark.parametrize(("n", "channels"), [(1, 1), (2, 1), (5, 3)])
def test_dim_is_true_for_any_batch(build, n, channels):
    encoder = build(channels=channels)
    h = encoder(patches(n, channels))
    assert (encoder.dim, encoder.channels, h.shape) == (12, channels, (n, 12))


def test_other_channels_are_refused_by_name(build):
    encoder = build()
    with pytest.raises(ValueError, match=rf"{type(encoder).__name__} takes features \(n, 1, freq, frame\)"):
        encoder(patches(2, channels=2))


@pytest.mark.parametrize("count", [1, 2, 5])
def test_time_stride_is_true(build, count):
    encoder = build().eval()
    x = patches(1, frames=count * encoder.time_stride)
    assert encoder.frames(encoder.blocks(x)).shape == (1, 12, count)


def test_blocks_go_from_shallow_to_deep_before_pooling(build):
    maps = build().blocks(patches(2))
    frames = [m.shape[3] for m in maps]
    assert frames == sorted(frames, reverse=True)
    assert all(a == 2 * b for a, b in itertools.pairwise(frames))
    assert all((m >= 0).all() for m in maps)  # every block ends with a ReLU


def test_h_is_a_summary_of_the_frames(build):
    encoder, x = build().eval(), patches(2, frames=192)
    if isinstance(encoder, CRNN):
        pytest.skip("reads its frames in order: test_crnn.py")
    frames = encoder.frames(encoder.blocks(x))
    summary = frames.mean(-1) if isinstance(encoder, ResidualEncoder | MobileNet) else frames.amax(-1)
    torch.testing.assert_close(encoder(x), summary)


def test_an_example_does_not_depend_on_its_company(build):
    encoder, x = build().eval(), patches(4)
    torch.testing.assert_close(encoder(x)[2:3], encoder(x[2:3]), atol=1e-5, rtol=1e-4)


def test_it_learns_two_clips(build):
    encoder, x = build(), patches(2)
    head = torch.nn.Linear(12, 2)
    optimizer = torch.optim.Adam([*encoder.parameters(), *head.parameters()], 1e-3)
    losses = []
    for _ in range(30):
        loss = functional.cross_entropy(head(encoder(x)), torch.tensor([0, 1]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_every_parameter_has_a_gradient(build):
    encoder = build()
    encoder(patches(3)).square().sum().backward()
    assert [name for name, p in encoder.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_weights_survive_saving(build, tmp_path):
    encoder, x = build(), patches(3)
    encoder(x)  # moves running statistics, which have to be saved too
    torch.save(encoder.state_dict(), tmp_path / "encoder.pt")
    other = build()
    with torch.no_grad():
        for p in other.parameters():
            p.fill_(0.5)
    other.load_state_dict(torch.load(tmp_path / "encoder.pt", weights_only=True))
    assert torch.equal(encoder.eval()(x), other.eval()(x))


def test_layout_and_autocast_change_little(build):
    encoder, x = build().eval(), patches(3)
    other = copy.deepcopy(encoder).to(memory_format=torch.channels_last)
    with torch.no_grad():
        h = encoder(x)
        laid_out = other(x.contiguous(memory_format=torch.channels_last))
        with torch.autocast("cpu", torch.bfloat16):
            coarse = other(x.contiguous(memory_format=torch.channels_last)).float()
    torch.testing.assert_close(laid_out, h, atol=1e-4, rtol=1e-4)
    assert coarse.dtype == torch.float32
    assert (coarse - h).norm() < 0.03 * h.norm()  # bf16 keeps 8 bits, over up to 13 layers


def test_training_in_bfloat16_gives_the_same_direction(build):
    target = torch.randn(8, 12, generator=torch.Generator().manual_seed(1))
    gradients = []
    for coarse in (False, True):
        torch.manual_seed(0)
        encoder = build().eval()  # statistics of 8 random patches would amplify the rounding
        with torch.autocast("cpu", torch.bfloat16, enabled=coarse):
            h = encoder(patches(8))
        (h.float() - target).square().sum().backward()
        gradients.append(torch.cat([p.grad.flatten() for p in encoder.parameters()]))
    assert functional.cosine_similarity(*gradients, dim=0) > 0.995
