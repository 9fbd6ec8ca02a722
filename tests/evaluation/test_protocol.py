from __future__ import annotations

import logging
import math

import pytest
import torch

from lightning_sepcl.evaluation.embedded_set import EmbeddedSet
from lightning_sepcl.evaluation.knn import KNN
from lightning_sepcl.evaluation.linear_probe import LinearProbe
from lightning_sepcl.evaluation.protocol import Protocol, judge_embeddings
from lightning_sepcl.evaluation.query_by_example import QueryByExample
from lightning_sepcl.evaluation.shallow_classifier import ShallowClassifier

ALL = [
    QueryByExample(),
    QueryByExample(ratio=None),
    KNN(),
    LinearProbe(),
    ShallowClassifier(hidden=16, learning_rate=1e-2, max_checks=10),
]


def clips(n: int = 60, seed: int = 0, noise: float = 0.3) -> EmbeddedSet:
    generator = torch.Generator().manual_seed(seed)
    target = torch.eye(3)[torch.arange(n) % 3]
    h = target @ torch.eye(3, 5) + noise * torch.randn(n, 5, generator=generator)
    return EmbeddedSet(h, target, torch.ones(n, dtype=torch.bool), tuple(map(str, range(n))))


def with_labels(of: EmbeddedSet, labelled: torch.Tensor) -> EmbeddedSet:
    return EmbeddedSet(of.h, of.target * labelled[:, None], labelled, of.keys)


@pytest.mark.parametrize("protocol", ALL, ids=lambda p: type(p).__name__)
@pytest.mark.parametrize("multi_label", [False, True])
class TestEveryProtocol:
    def test_noise_is_chance_and_clear_classes_are_not(self, protocol: Protocol, multi_label: bool) -> None:
        clear = protocol.judge(clips(), clips(30, 1), clips(90, 2), "h", multi_label, 0)
        noise = protocol.judge(*(s.with_h(torch.randn_like(s.h)) for s in _seeded()), "h", multi_label, 0)
        for good, bad in zip(clear, noise, strict=True):
            assert good.value > good.chance + 0.3
            assert bad.value == pytest.approx(bad.chance, abs=0.1)
            assert good.metric == bad.metric
            assert 0 < good.chance < 0.5

    def test_unlabelled_clips_do_not_count(self, protocol: Protocol, multi_label: bool) -> None:
        train, val, test = clips(), clips(30, 1), clips(60, 2)
        known = torch.arange(60) < 30
        half = with_labels(test, known)
        expected = protocol.judge(train, val, test.rows(torch.arange(30)), "h", multi_label, 0)
        assert protocol.judge(train, val, half, "h", multi_label, 0) == expected

    def test_without_labels_there_is_one_line_and_no_result(
        self, protocol: Protocol, multi_label: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        with caplog.at_level(logging.WARNING):
            nothing = with_labels(clips(), torch.zeros(60, dtype=torch.bool))
            assert protocol.judge(clips(), None, nothing, "mine", multi_label, 0) == []
        assert len(caplog.messages) == 1
        assert type(protocol).__name__ in caplog.text
        assert "mine" in caplog.text
        assert "no labelled test clips" in caplog.text

    def test_a_diverged_embedding_gives_nan(
        self, protocol: Protocol, multi_label: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        broken = clips()
        broken.h[3, 1] = torch.nan
        found = protocol.judge(clips(), None, broken, "h", multi_label, 0)
        assert found
        assert all(math.isnan(r.value) for r in found)
        assert "not finite" in caplog.text

    def test_global_random_state_and_arguments_stay(self, protocol: Protocol, multi_label: bool) -> None:
        train, test = clips(), clips(60, 1)
        before, h = torch.get_rng_state(), train.h.clone()
        first = protocol.judge(train, None, test, "h", multi_label, 0)
        assert protocol.judge(train, None, test, "h", multi_label, 0) == first
        assert torch.equal(torch.get_rng_state(), before)
        assert torch.equal(train.h, h)

    def test_runs_on_tensors_from_inference_mode(self, protocol: Protocol, multi_label: bool) -> None:
        outside = protocol.judge(clips(), None, clips(60, 1), "h", multi_label, 0)
        with torch.inference_mode():
            assert protocol.judge(clips(), None, clips(60, 1), "h", multi_label, 0) == outside


def _seeded() -> list[EmbeddedSet]:
    torch.manual_seed(0)
    return [clips(300), clips(60, 1), clips(900, 2)]


def test_query_by_example_needs_no_labels_to_standardise_by() -> None:
    train = with_labels(clips(), torch.zeros(60, dtype=torch.bool))
    assert judge_embeddings([QueryByExample(), KNN()], train, None, clips(60, 1))[0].metric == "qbe_map"
    assert len(judge_embeddings([QueryByExample(), KNN()], train, None, clips(60, 1))) == 1


def test_results_come_in_the_protocols_order_with_their_name_and_seed() -> None:
    found = judge_embeddings(ALL[:3], clips(), None, clips(60, 1), what="mine", seed=5)
    assert [r.metric for r in found] == ["qbe_map", "qbe_map_all_others", "knn_accuracy"]
    assert {(r.what, r.seed) for r in found} == {("mine", 5)}


def test_several_classes_in_single_label_mode_are_refused() -> None:
    several = EmbeddedSet(torch.randn(4, 2), torch.ones(4, 2), torch.ones(4, dtype=torch.bool), tuple("abcd"))
    with pytest.raises(ValueError, match="multi_label"):
        KNN().judge(several, None, several, "h", False, 0)
