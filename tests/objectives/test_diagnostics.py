"""Diagnostics: closed forms on circles and spheres."""

import math

import pytest
import torch

from lightning_sepcl.objectives.diagnostics import alignment, embedding_std, uniformity


def random(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_alignment_of_equal_opposite_and_orthogonal_views():
    a = random(5, 1, 4)
    assert alignment(torch.cat([a, 3 * a], 1)).item() == pytest.approx(0, abs=1e-6)
    assert alignment(torch.cat([a, -a], 1)).item() == pytest.approx(4, rel=1e-6)
    assert alignment(torch.tensor([[[1.0, 0], [0, 2.0]]])).item() == pytest.approx(2)


def test_alignment_of_three_views_is_the_mean_over_pairs():
    z = random(6, 3, 4)
    pairs = [alignment(z[:, [i, j]]) for i, j in [(0, 1), (0, 2), (1, 2)]]
    torch.testing.assert_close(alignment(z), torch.stack(pairs).mean())


def test_uniformity_of_the_corners_of_a_square():
    """Of six pairs four have a squared distance of 2 and two of 4."""
    z = torch.tensor([[1.0, 0], [0, 1], [-1, 0], [0, -1]]) * torch.tensor([[1.0], [2], [3], [4]])
    expected = math.log((4 * math.exp(-4) + 2 * math.exp(-8)) / 6)
    assert uniformity(z).item() == pytest.approx(expected, rel=1e-6)


def test_uniformity_is_the_loop_over_pairs_and_zero_at_collapse():
    z = torch.nn.functional.normalize(random(7, 3).double(), dim=1).tolist()
    terms = [math.exp(-2 * math.dist(z[i], z[j]) ** 2) for i in range(7) for j in range(i)]
    assert uniformity(random(7, 3)).item() == pytest.approx(math.log(sum(terms) / len(terms)), rel=1e-5)
    assert uniformity(torch.ones(7, 3)).item() == pytest.approx(0, abs=1e-6)


def test_embedding_std_is_one_for_a_sphere_and_zero_at_collapse():
    assert embedding_std(random(20_000, 16)).item() == pytest.approx(1, abs=0.01)
    assert embedding_std(torch.ones(50, 16) * torch.rand(50, 1)).item() == pytest.approx(0, abs=1e-6)


def test_embedding_std_falls_when_dimensions_are_lost():
    z = random(20_000, 16)
    z[:, 4:] = 0
    assert embedding_std(z).item() == pytest.approx(4 * 0.5 / 16 * 4, abs=0.01)  # 4 of 16 with a std of 1/2, times 4


@pytest.mark.parametrize("figure", [lambda z: alignment(z[:, None].expand(-1, 2, -1)), uniformity, embedding_std])
def test_bfloat16_is_computed_in_float32(figure):
    assert figure(random(8, 4).bfloat16()).dtype == torch.float32
