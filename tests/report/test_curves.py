from __future__ import annotations

import numpy as np
import pytest

from lightning_sepcl.report.curves import curves_figure, moving_mean, panels


def test_losses_share_a_panel_and_each_validation_metric_has_its_own():
    names = ["train/loss", "val/loss", "val/knn_accuracy", "val_qbe", "lr-AdamW", "test/loss", "train/grad_norm"]
    assert panels({name: {0: 1.0} for name in names}) == {
        "loss": ["train/loss", "val/loss"],
        "val knn accuracy": ["val/knn_accuracy"],
        "val qbe": ["val_qbe"],
        "learning rate": ["lr-AdamW"],
    }


def test_a_loss_logged_per_step_and_per_epoch_is_drawn_once():
    names = ["train/loss_step", "train/loss_epoch"]
    assert panels({name: {0: 1.0} for name in names}) == {"loss": ["train/loss_step"]}


def test_moving_mean_is_a_slow_loop():
    values = np.random.default_rng(0).standard_normal(30)
    expected = [np.mean(values[max(0, i - 2) : i + 3]) for i in range(30)]
    assert moving_mean(values, 5) == pytest.approx(expected)


def test_the_figure_shows_the_points_over_steps():
    figure = curves_figure({"train/loss": {5: 2.0, 10: 1.0}})
    line = figure.axes[0].lines[0]
    assert (line.get_xdata().tolist(), line.get_ydata().tolist()) == ([5, 10], [2.0, 1.0])
    assert figure.axes[0].get_xlabel() == "step"


def test_nothing_to_draw():
    assert curves_figure({"test/loss": {0: 1.0}}) is None
