"""What every method does around its loss."""

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
import torch

from lightning_sepcl.data import AudioDataModule
from lightning_sepcl.encoders import SmallCNN
from lightning_sepcl.errors import UserError
from lightning_sepcl.features import LogMel
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.methods import SimCLR
from lightning_sepcl.records import Batch
from lightning_sepcl.separation import SeparatedBefore
from lightning_sepcl.views import TemporalProximity
from tests.fakes.noise_corpus import NoiseCorpus


def method(**kwargs):
    torch.manual_seed(0)
    front = FrontEnd(TemporalProximity(64), LogMel(), standardise=False)
    return SimCLR(front, SmallCNN(dim=8, widths=[4, 8]), **kwargs)


def clips(count=4, first=0):
    wave = torch.randn(count, 1, 1, 16000, generator=torch.Generator().manual_seed(1)) * 0.1
    keys = tuple(f"dogs/{i}.wav" for i in range(count))
    length, index = torch.full((count,), 16000), torch.arange(first, first + count)
    return Batch(wave, length, torch.zeros(count, 0), torch.zeros(count, dtype=torch.bool), index, keys)


def test_a_loss_that_is_not_finite_stops_with_the_keys_of_its_clips():
    model = method()
    model.encoder.embedding.weight.data[0, 0] = torch.nan
    with pytest.raises(UserError, match=r"the loss became nan at step 0, with the clips dogs/0\.wav, dogs/1\.wav"):
        model.training_step(clips(), 0)


def test_a_gradient_that_is_not_finite_stops_before_it_reaches_the_weights():
    model = method()
    model.trainer = SimpleNamespace(precision_plugin=None, global_step=0)
    model._keys = ("dogs/0.wav",)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    model.on_after_backward()
    model.encoder.embedding.weight.grad[0, 0] = torch.nan
    with pytest.raises(UserError, match=r"the gradient of encoder\.embedding\.weight became NaN or infinite at step 0, "
                       r"with the clips dogs/0\.wav"):  # fmt: skip
        model.on_after_backward()
    model.trainer.precision_plugin = SimpleNamespace(scaler=object())  # float16: the scaler leaves such steps out
    model.on_after_backward()


def test_many_clips_are_counted_not_listed():
    model = method()
    model.encoder.embedding.weight.data[0, 0] = torch.nan
    with pytest.raises(UserError, match="and 12 more"):
        model.training_step(clips(20), 0)


def test_draws_depend_on_seed_step_and_batch_and_on_nothing_else():
    def seeds(seed, batch):
        return method(seed=seed).generator(batch).initial_seed()

    torch.rand(3)  # the global generator plays no part
    assert seeds(0, clips()) == seeds(0, clips())
    assert len({seeds(0, clips()), seeds(1, clips()), seeds(0, clips(first=7))}) == 3


def test_dropout_and_the_like_are_seeded_by_the_step():
    model, batch = method(), clips()
    model.on_train_batch_start(batch, 0)
    first = torch.rand(2)
    torch.rand(5)
    model.on_train_batch_start(batch, 0)
    assert torch.equal(first, torch.rand(2))


def test_biases_and_norms_are_not_decayed_and_the_schedule_moves_by_step():
    model = method(optimizer=lambda p: torch.optim.AdamW(p, lr=0.1, weight_decay=0.5))
    model.trainer = SimpleNamespace(estimated_stepping_batches=10)
    made = model.configure_optimizers()
    groups = made["optimizer"].param_groups
    decayed = {id(p) for g in groups if g["weight_decay"] for p in g["params"]}
    assert decayed == {id(p) for p in model.parameters() if p.ndim > 1}
    assert made["lr_scheduler"]["interval"] == "step"


@pytest.mark.parametrize(("folders", "processors", "refused"), [
    ([], 1, True),  # the corpus's isolated sources would pass for channels
    (["a", "b"], 1, True),  # two processors of two channels for one of four
    (["a"], 2, True),
    (["a", "b"], 2, False),
])  # fmt: skip
def test_channels_of_another_number_of_processors_are_refused_before_the_first_step(folders, processors, refused):
    front = FrontEnd(TemporalProximity(64), LogMel(), standardise=False, separate=SeparatedBefore(processors))
    model = SimCLR(front, SmallCNN(dim=8, widths=[4, 8]))
    data = AudioDataModule(NoiseCorpus(sources=2), sources=True, separated=folders)
    model._trainer = SimpleNamespace(datamodule=data)
    told = rf"names {len(folders)} folder\(s\), model\.front\.separate\.processors is {processors}: name in data\.s"
    with pytest.raises(UserError, match=told) if refused else nullcontext():
        model.on_fit_start()
