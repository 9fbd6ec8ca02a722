from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from lightning_sepcl.evaluation.untrained import UntrainedEncoder


class Embedding(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(6, 4), nn.Dropout(0.5), nn.BatchNorm1d(4))

    def embed(self, wave: Tensor, length: Tensor) -> dict[str, Tensor]:
        return {"embedding": self.layers(wave[:, 0])}


def batches(count: int, seed: int = 0) -> list[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(seed)
    return [(torch.randn(16, 1, 6, generator=generator) * 3 + 1, torch.full((16,), 6)) for _ in range(count)]


def test_keeps_the_weights_of_the_time_of_the_copy() -> None:
    module = Embedding().eval()
    wave, length = batches(1)[0]
    before = module.embed(wave, length)["embedding"].detach()
    untrained = UntrainedEncoder(module)
    nn.init.zeros_(module.layers[0].weight)
    assert torch.equal(untrained(wave, length)["untrained embedding"], before)


def test_goes_back_to_weights_that_were_remembered() -> None:
    module = Embedding().eval()
    wave, length = batches(1)[0]
    before = module.embed(wave, length)["embedding"].detach()
    weights = {name: value.detach().clone() for name, value in module.named_parameters()}
    nn.init.zeros_(module.layers[0].weight)
    assert torch.equal(UntrainedEncoder(module, weights)(wave, length)["untrained embedding"], before)
    assert not module.layers[0].weight.any()


def test_batch_norm_takes_the_mean_of_the_batches_statistics() -> None:
    module = Embedding().train()
    untrained = UntrainedEncoder(module)
    untrained.set_batch_norm(batches(20))
    inputs = [module.layers[0](wave[:, 0]) for wave, _ in batches(20)]  # no dropout: only batch norm learns
    norm = untrained.module.layers[2]
    assert torch.allclose(norm.running_mean, torch.stack([x.mean(0) for x in inputs]).mean(0), atol=1e-5)
    assert torch.allclose(norm.running_var, torch.stack([x.var(0) for x in inputs]).mean(0), atol=1e-4)
    assert not any(m.training for m in untrained.module.modules())
    assert torch.equal(module.layers[2].running_mean, torch.zeros(4))
    assert module.training


def test_global_random_state_stays() -> None:
    untrained = UntrainedEncoder(Embedding())
    before = torch.get_rng_state()
    untrained.set_batch_norm(batches(3))
    assert torch.equal(torch.get_rng_state(), before)


def test_a_module_that_cannot_embed_is_refused() -> None:
    with pytest.raises(ValueError, match="`embed\\(wave, length\\)` on Linear"):
        UntrainedEncoder(nn.Linear(2, 2))


def test_weights_of_another_module_are_refused() -> None:
    with pytest.raises(ValueError, match="no longer fit Embedding"):
        UntrainedEncoder(Embedding(), {})
