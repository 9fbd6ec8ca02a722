"""Heads: the paper's counts of weights, and all pairs at once against one pair after the other."""

import pytest
import torch

from lightning_sepcl.heads import ClassBranch, CoincidenceHead, LinearClassifier, ProjectionHead


def weights(module):
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(("dim", "projection", "coincidence"), [(128, 65_920, 394_753), (1024, 295_296, 1_312_257)])
def test_numbers_of_weights(dim, projection, coincidence):
    assert weights(ProjectionHead(dim)) == projection
    assert weights(CoincidenceHead(dim)) == coincidence
    assert weights(LinearClassifier(dim, 527)) == dim * 527 + 527


def test_projection_is_two_layers_with_a_relu_between():
    torch.manual_seed(0)
    head, h = ProjectionHead(3, hidden=5, out=2), torch.randn(7, 2, 3)
    z = (h @ head.hidden.weight.T + head.hidden.bias).clamp(min=0) @ head.out.weight.T + head.out.bias
    assert z.shape == (7, 2, 2)
    torch.testing.assert_close(head(h), z)
    torch.testing.assert_close(head(h[0, 0]), z[0, 0])


def test_three_layers_have_a_relu_after_each_but_the_last():
    torch.manual_seed(0)
    head, h = ProjectionHead(3, hidden=5, out=2, layers=3), torch.randn(4, 2, 3)
    first, second, last = (part for part in head.modules() if isinstance(part, torch.nn.Linear))
    rows = (h @ first.weight.T + first.bias).clamp(min=0)
    rows = (rows @ second.weight.T + second.bias).clamp(min=0)
    torch.testing.assert_close(head(h), rows @ last.weight.T + last.bias)


def test_clars_head_has_as_many_weights_as_in_its_code():
    """592 896 there, where the two layers before a norm have a bias, which does nothing, and the last has none."""
    assert weights(ProjectionHead(512, 512, 128, "batch", layers=3)) == 592_896 - 2 * 512 + 128


def test_a_projection_of_one_layer_is_refused():
    with pytest.raises(ValueError, match="at least 2"):
        ProjectionHead(3, layers=1)


def test_class_branch_of_the_paper_is_linear_and_that_of_the_code_is_normed_first():
    torch.manual_seed(0)
    z = torch.randn(6, 2, 4)
    paper, code = ClassBranch(4, 3), ClassBranch(4, 3, "code")
    torch.testing.assert_close(paper(z), z @ paper.out.weight.T + paper.out.bias)
    rows = z.flatten(0, 1)
    normed = (rows - rows.mean(0)) / (rows.var(0, correction=0) + 1e-5).sqrt()
    torch.testing.assert_close(code(z), (normed.clamp(min=0) @ code.out.weight.T).unflatten(0, (6, 2)))
    assert code.out.bias is None


def test_batch_norm_of_a_projection_sees_all_views_together():
    torch.manual_seed(0)
    head, h = ProjectionHead(3, hidden=5, out=2, norm="batch"), torch.randn(7, 2, 3)
    rows = h.flatten(0, 1) @ head.hidden.weight.T
    normed = (rows - rows.mean(0)) / (rows.var(0, correction=0) + 1e-5).sqrt()
    z = normed.clamp(min=0) @ head.out.weight.T + head.out.bias
    torch.testing.assert_close(head(h), z.unflatten(0, (7, 2)), atol=1e-5, rtol=1e-4)


def pair_by_pair(head, a, b):
    """The MLP of the paper on each concatenated pair."""
    mlp = torch.nn.Sequential(head.first, torch.nn.ReLU(), head.second, torch.nn.ReLU(), head.out)
    return torch.stack([torch.stack([mlp(torch.cat([x, y]))[0] for y in b]) for x in a])


def gradients(logits, parameters):
    return torch.autograd.grad(logits.sin().sum(), parameters, retain_graph=True)


@pytest.mark.parametrize("rows_at_once", [1, 2, 3, 64])
@pytest.mark.parametrize(("n", "m"), [(5, 5), (4, 6), (1, 3)])
def test_all_pairs_equal_one_pair_after_the_other(n, m, rows_at_once):
    torch.manual_seed(0)
    head = CoincidenceHead(3, hidden=8, rows_at_once=rows_at_once).double()
    a, b = torch.randn(n, 3, dtype=torch.float64), torch.randn(m, 3, dtype=torch.float64)
    a.requires_grad_(), b.requires_grad_()
    ours, naive = head(a, b), pair_by_pair(head, a, b)
    torch.testing.assert_close(ours, naive)
    everything = [a, b, *head.parameters()]
    for mine, true in zip(gradients(ours, everything), gradients(naive, everything), strict=True):
        torch.testing.assert_close(mine, true)


def test_the_order_of_a_pair_matters():
    torch.manual_seed(0)
    head, a, b = CoincidenceHead(3), torch.randn(4, 3), torch.randn(4, 3)
    assert not torch.allclose(head(a, b), head(b, a).T, atol=1e-3)


def test_only_a_few_rows_are_kept_for_the_way_back():
    """What autograd holds on to stays far below the (n, n, hidden) of all pairs."""
    n, hidden, kept = 64, 32, {}

    def keep(tensor):
        kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    def bytes_kept(rows_at_once):
        kept.clear()
        torch.manual_seed(0)
        head, a = CoincidenceHead(8, hidden, rows_at_once), torch.randn(n, 8)
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            logits = head(a, a)
        assert logits.shape == (n, n)
        return sum(kept.values())

    assert bytes_kept(rows_at_once=n) >= 2 * n * n * hidden * 4
    assert bytes_kept(rows_at_once=8) < n * n * hidden * 4 / 4


def test_chunks_work_under_autocast():
    torch.manual_seed(0)
    head, a, b = CoincidenceHead(8, 16, rows_at_once=2), torch.randn(5, 8), torch.randn(5, 8)
    with torch.autocast("cpu", torch.bfloat16):
        coarse = head(a, b)
    coarse.float().sum().backward()
    torch.testing.assert_close(coarse.float(), head(a, b), atol=0.02, rtol=0.02)


def test_no_rows_at_once_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        CoincidenceHead(3, rows_at_once=0)


def test_classifier_is_linear():
    head = LinearClassifier(3, 2)
    h = torch.randn(4, 5, 3)
    torch.testing.assert_close(head(h), h @ head.weight.T + head.bias)
