"""What holds for every augmentation: one body over all plugins that lie in the folder."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil

import jsonargparse
import pytest
import torch
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import lightning_sepcl.augment as room
from lightning_sepcl.augment import (
    Augmentation,
    Chain,
    ChannelDrop,
    Gain,
    Identity,
    Mix,
    Noise,
    OneOf,
    RandomResizedCrop,
    Sometimes,
    SpecAugment,
    TimeShift,
    TorchAudiomentations,
)
from lightning_sepcl.augment.base import on_device, rows

EXAMPLES: dict[type[Augmentation], list[Augmentation]] = {
    ChannelDrop: [ChannelDrop(0.5)],
    Chain: [Chain([Gain(), TimeShift()]), Chain([RandomResizedCrop(), SpecAugment()])],
    OneOf: [OneOf([Gain(), OneOf([Noise(), Chain([TimeShift(), Mix()])]), Identity()], [1.0, 2.0, 1.0])],
    Sometimes: [Sometimes(Noise(), 0.3), Sometimes(SpecAugment(), 0.7), Sometimes(Mix())],
    SpecAugment: [SpecAugment(), SpecAugment(mask_value="mean", warp_frames=0), SpecAugment(mask_value="min")],
    TimeShift: [TimeShift(), TimeShift(wrap=True)],
    TorchAudiomentations: [
        TorchAudiomentations("Gain"),
        TorchAudiomentations("BandPassFilter", {"min_center_frequency": 500}),
        TorchAudiomentations("AddColoredNoise"),
    ],
}
"""Plugins whose constructor needs something, or of which several settings are worth a look; others as they come."""


def plugin_classes() -> list[type[Augmentation]]:
    modules = [importlib.import_module(f"{room.__name__}.{m.name}") for m in pkgutil.iter_modules(room.__path__)]
    found = {c for m in modules for c in vars(m).values() if inspect.isclass(c) and issubclass(c, Augmentation)}
    return sorted((c for c in found if not inspect.isabstract(c)), key=lambda c: c.__name__)


CASES = [
    pytest.param(plugin, domain, id=f"{cls.__name__}-{i}-{domain}")
    for cls in plugin_classes()
    for i, plugin in enumerate(EXAMPLES.get(cls) or [cls()])
    for domain in (["wave", "feature"] if plugin.domain == "any" else [plugin.domain])
]
every_plugin = pytest.mark.parametrize(("plugin", "domain"), CASES)


def example(domain: str, n: int = 6, seed: int = 0) -> torch.Tensor:
    shape = (n, 2, 1200) if domain == "wave" else (n, 2, 24, 40)
    return 0.3 * torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def prepared(plugin: Augmentation) -> Augmentation:
    plugin.prepare(16000, 2)
    return plugin


def generator(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_every_plugin_is_in_the_registry():
    for cls in plugin_classes():
        assert getattr(room, cls.__name__, None) is cls, f"{cls.__name__} is not imported in augment/__init__.py"
        assert cls.__name__ in room.__all__
        assert cls.__doc__


@every_plugin
def test_keeps_shape_type_and_input(plugin, domain):
    x = example(domain)
    before = x.clone()
    out = prepared(plugin)(x, generator())
    assert (out.shape, out.dtype, out.device) == (x.shape, x.dtype, x.device)
    assert torch.equal(x, before), "the input was changed in place"
    assert torch.isfinite(out).all()


@every_plugin
def test_same_seed_same_bits(plugin, domain):
    x = example(domain)
    torch.manual_seed(0)
    first = prepared(plugin)(x, generator())
    torch.manual_seed(1)  # the global generator has no say
    torch.rand(3)
    assert torch.equal(prepared(plugin)(x, generator()), first)


@every_plugin
def test_leaves_the_global_generator_alone(plugin, domain):
    torch.manual_seed(0)
    state = torch.get_rng_state()
    prepared(plugin)(example(domain), generator())
    assert torch.equal(torch.get_rng_state(), state)


@every_plugin
def test_examples_draw_apart(plugin, domain):
    if isinstance(plugin, Identity):
        pytest.skip("draws nothing")
    x = example(domain, n=1).expand(12, -1, -1, -1) if domain == "feature" else example(domain, n=1).expand(12, -1, -1)
    out = prepared(plugin)(x, generator())
    assert len(torch.unique(out.flatten(1), dim=0)) > (1 if not isinstance(plugin, Mix) else 0)


@every_plugin
def test_a_row_is_the_example_alone(plugin, domain):
    if plugin.uses_other_examples:
        pytest.skip("looks at other rows by its nature")
    x = example(domain)
    params = prepared(plugin).draw(x.shape, generator())
    batch = plugin.apply(x, params)
    for i in range(len(x)):
        index = torch.tensor([i])
        torch.testing.assert_close(plugin.apply(x[index], rows(params, index)), batch[index], atol=1e-6, rtol=1e-5)


@every_plugin
def test_every_drawn_tensor_has_a_row_per_example_on_the_cpu(plugin, domain):
    def check(params):
        for value in params.values():
            if isinstance(value, dict):
                check(value)
            else:
                assert len(value) == 5
                assert value.device.type == "cpu"

    plugin.prepare(16000, 1)
    check(plugin.draw(example(domain, n=5).shape, generator()))


@every_plugin
def test_silence_stays_finite(plugin, domain):
    out = prepared(plugin)(torch.zeros_like(example(domain)), generator())
    assert torch.isfinite(out).all()


@every_plugin
@settings(deadline=None, derandomize=True, max_examples=15)
@given(seed=st.integers(0, 2**31), clips=st.integers(1, 4), level=st.sampled_from([1e-30, 1e-4, 1.0, 1e4]))
def test_no_draw_breaks_it(plugin, domain, seed, clips, level):
    x = example(domain, n=2 * clips, seed=seed) * level
    assert torch.isfinite(prepared(plugin)(x, generator(seed))).all()


@every_plugin
def test_double_precision_stays_double(plugin, domain):
    if "TorchAudiomentations" in type(plugin).__name__:
        pytest.skip("written for float32")
    assert prepared(plugin)(example(domain).double(), generator()).dtype == torch.float64


@every_plugin
def test_gradients_pass_features(plugin, domain):
    if domain != "feature":
        pytest.skip("features only")
    x = example(domain).requires_grad_()
    prepared(plugin)(x, generator()).square().sum().backward()
    assert torch.isfinite(x.grad).all()
    assert (x.grad.flatten(1).abs().sum(1) > 0).all()


def test_plugins_are_named_in_yaml():
    parser = jsonargparse.ArgumentParser()
    parser.add_argument("--augment", type=list[Augmentation])
    text = """
    - {class_path: lightning_sepcl.augment.Gain, init_args: {low_db: -3, high_db: 3}}
    - class_path: lightning_sepcl.augment.Sometimes
      init_args:
        p: 0.25
        augmentation:
          class_path: lightning_sepcl.augment.OneOf
          init_args: {augmentations: [lightning_sepcl.augment.Noise, {class_path: lightning_sepcl.augment.Mix}]}
    - {class_path: lightning_sepcl.augment.TorchAudiomentations, init_args: {transform: Gain, settings: {p: 0.5}}}
    - {class_path: lightning_sepcl.augment.RandomResizedCrop, init_args: {time_scale: [0.5, 1.5]}}
    - {class_path: lightning_sepcl.augment.SpecAugment, init_args: {mask_value: min}}
    """
    config = parser.parse_args([f"--augment={json.dumps(yaml.safe_load(text))}"])
    gain, sometimes, _, resized, _ = parser.instantiate(config).augment
    assert gain.low_db == -3
    assert [type(p).__name__ for p in sometimes.augmentations[0].augmentations] == ["Noise", "Mix"]
    assert sometimes.weights == [0.25, 0.75]
    assert resized.time_scale == (0.5, 1.5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@every_plugin
def test_a_gpu_gives_the_same(plugin, domain):
    if "TorchAudiomentations" in type(plugin).__name__:
        pytest.skip("draws on the device of its wave")
    x = example(domain)
    params = prepared(plugin).draw(x.shape, generator())
    there = plugin.apply(x.cuda(), on_device(params, torch.device("cuda")))
    torch.testing.assert_close(there.cpu(), plugin.apply(x, params), atol=1e-5, rtol=1e-4)
