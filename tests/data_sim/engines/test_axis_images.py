import torch

from data_sim.engines.axis_images import axis_images, log_reflections


def mirrored(place, size, reflections, most):
    """Every image by mirroring, written as the words say it: {position: amplitude}, up to `most` reflections."""
    found = {round(place, 9): 1.0}
    for first in (0, 1):
        position, amplitude, wall = place, 1.0, first
        for _ in range(most):
            position = -position if wall == 0 else 2 * size - position
            amplitude *= reflections[wall]
            found[round(position, 9)] = amplitude
            wall = 1 - wall
    return found


def test_images_are_those_of_mirroring():
    size, place, walls = 5.0, 1.3, (0.9, 0.6)
    scalar = torch.tensor([size, place], dtype=torch.float64)
    position, log_gain = axis_images(scalar[0], scalar[1], torch.tensor(walls, dtype=torch.float64).log(), 7)
    found = {round(p, 9): g for p, g in zip(position.tolist(), log_gain.exp().tolist(), strict=True)}
    expected = mirrored(place, size, walls, 7)
    assert found.keys() == expected.keys()
    assert all(abs(found[p] - expected[p]) < 1e-12 for p in expected)


def test_one_image_in_every_cell():
    size, place = torch.tensor(4.0), torch.tensor(3.9)
    position, _ = axis_images(size, place, torch.zeros(2), 6)
    assert torch.floor(position / size).tolist() == list(range(-6, 7))


def test_walls_that_swallow_everything_leave_the_source_alone():
    gain = axis_images(torch.tensor(4.0), torch.tensor(1.0), log_reflections(torch.zeros(2)), 3)[1].exp()
    assert gain[3] == 1
    assert (gain[[0, 1, 2, 4, 5, 6]] < 1e-20).all()
