"""NT-Xent: reference values, a slow loop, closed forms, and two real processes against one."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lightning_sepcl.objectives.nt_xent import NTXent, nt_xent, nt_xent_chunked, nt_xent_gathered

HERE = Path(__file__).parent
REFERENCE = json.loads((HERE.parent / "golden/objectives/loss_ref.json").read_text())


def reference_views():
    k = torch.arange(48, dtype=torch.float64)
    a = torch.sin(0.7 * k + 0.1)
    return torch.stack([a.reshape(6, 8), (a + 0.5 * torch.cos(1.3 * k)).reshape(6, 8)], 1)


def random_views(clips=5, views=2, dim=4, seed=0, dtype=torch.float64):
    return torch.randn(clips, views, dim, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def slow(z, temperature):
    """Eq. 1, term by term."""
    items = [(i, v) for i in range(z.shape[0]) for v in range(z.shape[1])]

    def sim(p, q):
        return math.fsum((z[p] * z[q]).tolist()) / (z[p].norm() * z[q].norm()).item()

    terms = []
    for own in items:
        below = math.fsum(math.exp(sim(own, k) / temperature) for k in items if k != own)
        for other in [p for p in items if p[0] == own[0] and p != own]:
            terms.append(-math.log(math.exp(sim(own, other) / temperature) / below))
    return math.fsum(terms) / len(terms)


def test_reference_value():
    z = reference_views()
    assert nt_xent(z, 0.3).item() == pytest.approx(REFERENCE["nt_xent_mean2N"], rel=1e-13)
    both = REFERENCE["nt_xent_simclr_sum_of_two_directions"]
    assert 2 * nt_xent(z, 0.3).item() == pytest.approx(both, rel=1e-13)
    assert nt_xent(z.float(), 0.3).item() == pytest.approx(REFERENCE["nt_xent_mean2N"], rel=1e-6)


@pytest.mark.parametrize("temperature", [0.05, 0.3, 1.0])
@pytest.mark.parametrize(("clips", "views"), [(2, 2), (5, 2), (4, 3)])
def test_equals_the_slow_loop(clips, views, temperature):
    z = random_views(clips, views)
    assert nt_xent(z, temperature).item() == pytest.approx(slow(z, temperature), rel=1e-10)


@pytest.mark.parametrize("clips", [2, 64])
@pytest.mark.parametrize("views", [2, 3])
def test_equal_embeddings_give_the_log_of_all_others(clips, views):
    z = torch.ones(clips, views, 7)
    assert nt_xent(z, 0.3).item() == pytest.approx(math.log(views * clips - 1), rel=1e-6)


def test_perfect_embeddings_have_a_closed_form():
    """Views equal, clips orthogonal: one cosine of 1 and 2N - 2 of 0 in every denominator."""
    z = torch.eye(8, dtype=torch.float64)[:, None].expand(8, 2, 8)
    assert nt_xent(z, 0.5).item() == pytest.approx(math.log(math.exp(2) + 14) - 2, rel=1e-12)


@settings(deadline=None, max_examples=25, derandomize=True)
@given(st.integers(0, 10_000), st.integers(2, 7), st.floats(0.1, 2))
def test_order_and_length_do_not_count(seed, clips, temperature):
    z = random_views(clips, seed=seed)
    loss = nt_xent(z, temperature)
    generator = torch.Generator().manual_seed(seed)
    shuffled = z[torch.randperm(clips, generator=generator)].flip(1)
    stretched = z * torch.rand(clips, 2, 1, generator=generator, dtype=torch.float64).add(0.1)
    torch.testing.assert_close(nt_xent(shuffled, temperature), loss)
    torch.testing.assert_close(nt_xent(stretched, temperature), loss)


def test_a_high_temperature_cannot_tell_and_a_low_one_asks_for_the_nearest():
    z = random_views(6)
    assert nt_xent(z, 1e6).item() == pytest.approx(math.log(11), rel=1e-5)
    clear = torch.eye(6)[:, None].expand(6, 2, 6)
    assert nt_xent(clear, 0.02).item() == pytest.approx(0, abs=1e-6)


def test_gradient_is_the_numerical_one():
    z = random_views(3, seed=4).requires_grad_()
    assert torch.autograd.gradcheck(lambda x: nt_xent(x, 0.3), (z,))
    assert torch.autograd.gradcheck(lambda x: nt_xent(x, 0.3), (random_views(2, views=3).requires_grad_(),))


def test_the_clip_itself_leaves_no_trace_in_the_gradient():
    """Subtracting e^(1/t) instead of masking would push equal embeddings apart by rounding; here all is balanced."""
    z = torch.ones(4, 2, 3, requires_grad=True)
    nt_xent(z, 0.01).backward()
    torch.testing.assert_close(z.grad, torch.zeros(4, 2, 3), atol=1e-5, rtol=0)


def test_bfloat16_costs_only_the_rounding_of_the_input():
    z = random_views(16, dim=32, dtype=torch.float32).bfloat16()
    with torch.autocast("cpu", torch.bfloat16):
        loss = nt_xent(z, 0.1)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, nt_xent(z.float(), 0.1), atol=0, rtol=0)


def test_chunked_is_the_mean_of_local_losses():
    z = random_views(2048, dim=16, dtype=torch.float32)
    parts = [nt_xent(z[start : start + 64], 0.3) for start in range(0, 2048, 64)]
    assert len(parts) == 32
    torch.testing.assert_close(NTXent(0.3, "chunked(64)")(z), torch.stack(parts).mean())


def test_chunked_refuses_what_does_not_divide():
    with pytest.raises(ValueError, match=r"chunked\(64\): a batch of 100 clips"):
        nt_xent_chunked(random_views(100), 0.3, 64)


def test_one_process_gathers_itself():
    z = random_views()
    assert nt_xent_gathered(z, 0.3) == nt_xent(z, 0.3) == NTXent(0.3, "gathered")(z) == NTXent(0.3)(z)


@pytest.mark.parametrize("negatives", ["global", "chunked", "chunked()", "chunked(1)", "chunked(-4)", "chunked(64) "])
def test_unknown_negatives_are_refused_with_the_choices(negatives):
    with pytest.raises(ValueError, match=r"must be `local`, `gathered` or `chunked\(K\)`"):
        NTXent(negatives=negatives)


def test_nothing_to_attract_or_to_repel_is_refused():
    for clips, views in [(1, 2), (4, 1), (0, 2)]:
        with pytest.raises(ValueError, match=f"found {clips} with {views}"):
            nt_xent(torch.ones(clips, views, 3), 0.3)
    with pytest.raises(ValueError, match="above 0"):
        NTXent(temperature=0.0)


@pytest.fixture(scope="module")
def two_processes(tmp_path_factory):
    """What two DDP processes with half of a batch each computed, by their ranks."""
    folder = tmp_path_factory.mktemp("ranks")
    env = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "GLOO_SOCKET_IFNAME": "lo"}
    command = [sys.executable, str(HERE / "two_processes.py"), str(folder)]
    runs = [
        subprocess.Popen([*command, str(r)], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for r in range(2)
    ]
    try:
        said = [run.communicate(timeout=120)[0] for run in runs]
    finally:
        for run in runs:
            run.kill()
    assert [run.returncode for run in runs] == [0, 0], "\n".join(said)
    return [torch.load(folder / f"rank{r}.pt", weights_only=True) for r in range(2)]


def single_process(loss):
    sys.path.insert(0, str(HERE))
    from two_processes import BATCH, batch, model

    net = model()
    value = loss(net(batch().flatten(0, 1)).unflatten(0, (BATCH, 2)))
    value.backward()
    return value.detach(), [p.grad for p in net.parameters()]


@pytest.mark.parametrize(("negatives", "same_as"), [("gathered", "local"), ("local", "chunked(4)")])
def test_two_processes_equal_one(two_processes, negatives, same_as):
    """Gathered: the joined batch. Local, as documented: half of the batch does not see the other half."""
    loss, gradients = single_process(NTXent(0.2, same_as))
    mean = (two_processes[0][negatives]["loss"] + two_processes[1][negatives]["loss"]) / 2
    torch.testing.assert_close(mean, loss)
    for rank in two_processes:
        for ours, true in zip(rank[negatives]["gradients"], gradients, strict=True):
            torch.testing.assert_close(ours, true)


def test_local_and_gathered_differ(two_processes):
    first = two_processes[0]
    assert abs(first["local"]["loss"] - first["gathered"]["loss"]) > 0.1
    assert not torch.allclose(first["local"]["gradients"][0], first["gathered"]["gradients"][0], rtol=0.05)


def test_unequal_batches_are_refused_on_both_processes(two_processes):
    for rank in two_processes:
        assert (
            rank["unequal"]
            == "the processes hold [4, 6] embeddings, all must hold the same number: drop the last, smaller batch"
        )
