import math

import pytest
import torch

from data_sim.engines.axis_images import axis_images
from data_sim.engines.lattice_draw import LatticeDraw, Shell

SIZE, SOURCE, CENTRE = (5.0, 4.0, 3.0), (1.0, 3.0, 1.4), (3.1, 1.7, 1.1)
PER_METRE = 40.0


def shell(inner, outer, shares, seeds=(0,)):
    count = len(seeds)
    rows = [torch.tensor(values).expand(count, 3) for values in (SIZE, SOURCE, CENTRE)]
    logs = torch.tensor([1 - share for share in shares]).log().div(2).view(3, 2).expand(count, 3, 2)
    return Shell(*rows, logs, torch.full((count,), inner), torch.full((count,), outer), list(seeds))


def lattice_energy(inner, outer, shares):
    """Of all images between two distances, enumerated; distance is not in it."""
    logs = torch.tensor([1 - share for share in shares], dtype=torch.float64).log().div(2).view(3, 2)
    axes = [
        axis_images(torch.tensor(size), torch.tensor(place), log.float(), 40)
        for size, place, log in zip(SIZE, SOURCE, logs, strict=True)
    ]
    (x, gx), (y, gy), (z, gz) = axes
    square = ((x - CENTRE[0]) ** 2)[:, None, None] + ((y - CENTRE[1]) ** 2)[:, None] + (z - CENTRE[2]) ** 2
    gain = gx[:, None, None] + gy[:, None] + gz
    within = (square > inner**2) & (square <= outer**2)
    return float(torch.exp(2 * gain)[within].double().sum())


def drawn_energy(images):
    """Draws of one image add up in amplitude."""
    places = torch.stack([images.item[:, None].expand_as(images.amplitudes[0]).float(), *images.positions]).view(4, -1)
    _, which = places.T.unique(dim=0, return_inverse=True)
    total = torch.zeros(int(which.max()) + 1).index_add_(0, which, images.amplitudes[0].view(-1))
    return float(total.double().square().sum())


@pytest.mark.parametrize(("inner", "outer"), [(20.0, 22.0), (60.0, 64.0)])
@pytest.mark.parametrize("shares", [(0.1,) * 6, (0.1, 0.5, 0.25, 0.35, 0.6, 0.15)])
def test_the_energy_of_a_shell_stays(inner, outer, shares):
    """Also in shells thinner than a room, whose images lie in cells that reach out of them."""
    seeds = range(60)
    drawn = drawn_energy(LatticeDraw(PER_METRE, torch.device("cpu")).images(shell(inner, outer, shares, seeds)))
    db = 10 * math.log10(drawn / len(seeds) / lattice_energy(inner, outer, shares))
    assert abs(db) < 0.6


def test_images_are_true_images_within_the_shell():
    images = LatticeDraw(PER_METRE, torch.device("cpu")).images(shell(15.0, 30.0, (0.2,) * 6))
    alive = images.amplitudes[0] > 0
    for axis, (size, place) in enumerate(zip(SIZE, SOURCE, strict=True)):
        true, _ = axis_images(torch.tensor(size), torch.tensor(place), torch.zeros(2), 30)
        assert torch.isin(images.positions[axis][alive], true).all()
    square = sum((p[alive] - c) ** 2 for p, c in zip(images.positions, CENTRE, strict=True))
    assert ((square > 15.0**2) & (square <= 30.0**2)).all()
    assert alive.float().mean() > 0.3


def test_an_item_alone_and_among_others():
    draw = LatticeDraw(PER_METRE, torch.device("cpu"))
    together, alone = (draw.images(shell(15.0, 40.0, (0.2,) * 6, seeds)) for seeds in ((1, 2, 3), (2,)))
    own = together.item == 1
    assert torch.equal(together.amplitudes[0][own], alone.amplitudes[0])
    assert not torch.equal(together.amplitudes[0][own], together.amplitudes[0][together.item == 0])


def test_an_empty_shell_has_no_images():
    assert len(LatticeDraw(PER_METRE, torch.device("cpu")).images(shell(20.0, 20.0, (0.2,) * 6)).item) == 0
