"""The published separators' reference files, and our nets with their settings and weights."""

import json
from pathlib import Path

import numpy as np
import torch

from lightning_sepcl.separation.itdcnpp import ITDCNpp
from lightning_sepcl.separation.learned_basis import LearnedBasis
from lightning_sepcl.separation.stft_basis import STFTBasis
from lightning_sepcl.separation.tdcnpp import TDCNpp
from tests.separation.reference_weights import converted, seeded

GOLDEN = Path(__file__).parents[1] / "golden/separation"
NORMS = {"layer_norm": "layer", "global_layer_norm": "global"}
FUSS = {"learn_basis": False, "ws": 0.032, "hs": 0.008, "mix_weights_type": "pred_source"}


class Reference:
    """One file: its arrays, its settings, and a net of ours that should do the same."""

    def __init__(self, tag, fast=True):
        self.arrays = dict(np.load(GOLDEN / f"{tag}.npz"))
        self.config = json.loads(str(self.arrays["config"]))
        self.net, self.blocks = build(tag, self.config, fast)
        self.net.load_state_dict(self.state("var"))

    def __getitem__(self, name):
        return torch.from_numpy(self.arrays[name])

    @property
    def mixture(self):
        """(batch, 1, sample)."""
        if "mixtures" in self.arrays:
            return self["mixtures"].unflatten(0, (-1, 2)).sum(1, keepdim=True)
        if "sources" in self.arrays:
            return self["sources"].sum(1, keepdim=True)
        holder = np.load(GOLDEN / f"{self.config['input_of']}.npz") if "input_of" in self.config else self.arrays
        return torch.from_numpy(holder["input"])[:, None]

    def state(self, kind):
        """`var`, `grad` or `after` in our names and layout."""
        last = len(self.net.iterations) - 1 if isinstance(self.net, ITDCNpp) else None
        return converted(self._variables(kind), self.net, self.blocks, last)

    def _variables(self, kind):
        if "var_shapes" in self.config:
            return {name: seeded(name, tuple(shape)) for name, shape in self.config["var_shapes"]}
        arrays = self.arrays
        if "variables_of" in self.config:
            arrays = dict(np.load(GOLDEN / f"{self.config['variables_of']}.npz"))
            unused = self.config["mix_weights_type"] != "pred_source"
            arrays = {k: v for k, v in arrays.items() if not (unused and "mix_weights" in k)}
        return {k.removeprefix(f"{kind}/"): v for k, v in arrays.items() if k.startswith(f"{kind}/")}


def build(tag, config, fast):
    """Our net with a reference file's settings, and its blocks per repeat."""
    if "hparams" in config:
        return _iterative(config, fast)
    size = {} if tag.startswith("fuss") else config["tdcn"]
    if tag.startswith("fuss"):
        config = config | FUSS
        small = {"bottleneck": 16, "conv_channels": 24, "num_dilations": 3, "num_repeats": 3}
        size = {"add_skip_residual_connections": True} | (small if "small" in tag else {})
    grid = [round(config["ws"] * 16000), round(config["hs"] * 16000)]
    net = TDCNpp(
        config["M"],
        LearnedBasis(config["num_coeffs"], *grid) if config["learn_basis"] else STFTBasis(*grid),
        size.get("bottleneck", 256),
        size.get("conv_channels", 512),
        size.get("num_repeats", 4),
        size.get("num_dilations", 8),
        size.get("add_skip_residual_connections", False),
        config["mix_weights_type"] or "none",
        NORMS.get(size.get("norm_type"), "instance"),
        None if size.get("scale_type") == "none" else 0.9,
        fast=fast,
    )
    return net, size.get("num_dilations", 8)


def _iterative(config, fast):
    size = config["hparams"]
    net = ITDCNpp(
        config["M"],
        STFTBasis(round(size["ws"] * 16000), round(size["hs"] * 16000), zero_beginning=True),
        config["iter_num"],
        config["iter_stopgrad"],
        size["tdcn_bottleneck"],
        size["tdcn_conv_channels"],
        size["tdcn_num_repeats"],
        size["tdcn_num_dilations"],
        consistency=config["mix_weights_type"],
        fast=fast,
    )
    return net, size["tdcn_num_dilations"]


def relative_error(got, expected):
    """Root mean square of the difference over that of the expected values."""
    return ((got - expected).square().mean() / expected.square().mean()).sqrt().item()


class ReferenceAdam:
    """The framework's Adam: epsilon added to the uncorrected root, both corrections in the step size."""

    def __init__(self, parameters, lr, betas=(0.9, 0.999), epsilon=1e-8):
        self.parameters, self.lr, self.betas, self.epsilon = list(parameters), lr, betas, epsilon
        self.moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in self.parameters]
        self.steps = 0

    @torch.no_grad()
    def step(self):
        self.steps += 1
        (b1, b2), t = self.betas, self.steps
        lr = self.lr * (1 - b2**t) ** 0.5 / (1 - b1**t)
        for p, (m, v) in zip(self.parameters, self.moments, strict=True):
            m.lerp_(p.grad, 1 - b1)
            v.lerp_(p.grad.square(), 1 - b2)
            p -= lr * m / (v.sqrt() + self.epsilon)
            p.grad = None
