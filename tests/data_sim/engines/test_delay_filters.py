import pytest
import torch

from data_sim.engines.delay_filters import HALF, DelayFilters, fft_size, sinc_polynomials, windowed_sinc


@pytest.mark.parametrize(("phases", "degree", "most"), [(1, 2, 2.4e-2), (1, 4, 4.7e-4), (4, 2, 5.9e-4)])
def test_the_polynomials_are_the_windowed_sinc(phases, degree, most):
    filters = sinc_polynomials(phases, degree)
    rest = torch.linspace(-0.5, 0.5, 101, dtype=torch.float64)
    made = torch.einsum("qpt,fp->qft", filters, rest[:, None] ** torch.arange(degree + 1))
    delay = (torch.arange(phases)[:, None] + rest) / phases
    exact = windowed_sinc(torch.arange(-HALF, HALF + 1, dtype=torch.float64) - delay[:, :, None])
    assert (made - exact).abs().max() < most


@pytest.mark.parametrize(("phases", "degree"), [(1, 4), (4, 2)])
def test_impulses_land_where_they_belong(phases, degree):
    filters = DelayFilters(phases, degree, torch.device("cpu"))
    delays, amplitudes = torch.tensor([[50.0, 93.3], [120.49, 500.0]]), torch.tensor([[1.0, -0.5], [2.0, 9.0]])
    canvas = filters.canvas(rows=2, length=200)
    starts = filters.row_starts(torch.arange(2), 200)[:, None]
    filters.add([canvas], 200, starts, delays.clone(), [amplitudes.clone()])
    made = filters.waveforms(canvas, 2, 200, 200)
    sinc = windowed_sinc(torch.arange(200, dtype=torch.float64) - delays[:, :, None].double())
    expected = sinc * amplitudes[:, :, None]
    expected[1, 1] = 0  # too late: it must not leak into any row
    torch.testing.assert_close(made.double(), expected.sum(dim=1), atol=2e-3, rtol=0)


def test_sizes_are_even_and_not_much_larger():
    for least in range(100, 30000, 997):
        size = fft_size(least)
        assert size % 2 == 0
        assert least <= size <= 1.25 * least
