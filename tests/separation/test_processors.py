"""Channels of the right processor for every clip, made on the device or before."""

import pickle

import numpy as np
import pytest
import torch

from lightning_sepcl.data.cache import open_cache
from lightning_sepcl.data.cache_format import CacheSettings
from lightning_sepcl.data.dataset import ClipDataset, Window
from lightning_sepcl.data.separated import SeparatedClips, write_separated
from lightning_sepcl.errors import UserError
from lightning_sepcl.features import LogMel
from lightning_sepcl.front import FrontEnd
from lightning_sepcl.records import Batch
from lightning_sepcl.separation import LearnedBasis, SeparatedBefore, SeparateOnDevice, TDCNpp
from lightning_sepcl.separation.processors import without_worst
from lightning_sepcl.separation.saved import save_separator
from lightning_sepcl.views import TemporalProximity
from tests.fakes.noise_corpus import NoiseCorpus


def small(sources=2, seed=0):
    torch.manual_seed(seed)
    return TDCNpp(sources, LearnedBasis(16), bottleneck=8, hidden=16, repeats=1, blocks=2).eval()


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / f"{seed}.safetensors" for seed in (1, 2)]
    for seed, path in enumerate(paths, start=1):
        save_separator(path, small(seed=seed))
    return [str(path) for path in paths]


def clips(count=6, samples=400):
    noise = torch.randn(count, 1, 1, samples, generator=torch.Generator().manual_seed(0))
    return (noise * 3000).to(torch.int16)


def test_every_clip_gets_the_channels_of_its_own_processor(files):
    stage, wave, processor = SeparateOnDevice(files), clips(), torch.tensor([0, 1, 1, 0, 1, 0])
    out = stage.apply(wave, processor)
    assert out.shape == (6, 3, 1, 400)
    assert torch.equal(out[:, :1], wave.float() / 32768)
    for clip, number in enumerate(processor.tolist()):
        alone = small(seed=number + 1)(wave[clip, :1].float() / 32768)
        torch.testing.assert_close(out[clip, 1:, 0], alone[0].detach(), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(out[:, 1:].sum(1), out[:, 0])  # consistent with the mixture


def test_both_ways_give_the_same_channels_up_to_the_rounding_of_16_bits(files):
    device, wave = SeparateOnDevice(files), clips()
    before = SeparatedBefore(processors=2)
    parts = [device.apply(wave, torch.full((6,), number))[:, 1:] for number in (0, 1)]
    kept = torch.cat([wave, *((part * 32768).round().to(torch.int16) for part in parts)], 1)
    draws = [stage.draw(6, torch.Generator().manual_seed(3)) for stage in (device, before)]
    assert torch.equal(*draws)
    torch.testing.assert_close(before.apply(kept, draws[1]), device.apply(wave, draws[0]), atol=1 / 32768, rtol=0)


def test_both_ways_agree_on_padded_clips_and_on_channels_over_full_scale(tmp_path):
    corpus = NoiseCorpus(clips=6, loud=(3,))
    cache = open_cache(corpus, corpus.manifest(), CacheSettings(), workers=1)
    nets = [small(seed=1), small(seed=2)]
    nets[1].basis.decoder.data *= 300  # its channels cancel in their sum, and go over full scale
    files, kept, peaks = [], [], []
    for number, net in enumerate(nets):

        def separate(wave, net=net):
            with torch.no_grad():
                channels = net(torch.from_numpy(np.ascontiguousarray(wave))[None, None])[0].numpy()
            peaks.append(np.abs(channels).max())
            return channels

        files.append(str(tmp_path / f"{number}.safetensors"))
        save_separator(files[-1], net)
        write_separated(tmp_path / f"{number}", cache, separate, f"net{number}")
        kept.append(SeparatedClips(tmp_path / f"{number}", cache))
    assert max(peaks) > 1.5
    rows = range(6)
    with_channels = ClipDataset(cache, corpus.manifest(), rows, Window(None, "zero", None), separated=kept)
    batch = with_channels.__getitems__(rows)
    assert len(set(batch.length.tolist())) == 6  # every clip but the longest is padded
    processor = torch.tensor([0, 1, 0, 1, 1, 0])
    before = SeparatedBefore(2).apply(batch.wave, processor, batch.length)
    device = SeparateOnDevice(files).apply(batch.wave[:, :1], processor, batch.length)
    torch.testing.assert_close(device, before, atol=1 / 32768, rtol=0)
    padding = torch.arange(before.shape[-1]) >= batch.length[:, None]
    assert not device.mul(padding[:, None, None]).any()
    assert before[processor == 1, 1:].abs().amax() > 0.99


def test_whole_clips_of_one_processor_are_separated_at_once(files, monkeypatch):
    stage, calls = SeparateOnDevice(files[:1]), []
    (separator,) = stage._separators(torch.device("cpu"))
    separator.register_forward_pre_hook(lambda _, args: calls.append(tuple(args[0].shape)))
    stage.apply(clips(), torch.zeros(6, dtype=torch.int64))
    stage.apply(clips(), torch.zeros(6, dtype=torch.int64), torch.full((6,), 400))
    assert calls == [(6, 1, 400)] * 2
    stage.apply(clips(), torch.zeros(6, dtype=torch.int64), torch.tensor([400, 300, 400, 300, 400, 400]))
    assert calls[2:] == [(4, 1, 400), (2, 1, 300)]


def test_the_front_end_tells_how_long_the_clips_are(files):
    told = []

    class Told(SeparateOnDevice):
        def channels(self, wave, processor, length):
            told.append(length.tolist())
            return super().channels(wave, processor, length)

    front = FrontEnd(TemporalProximity(frames=4), LogMel(), standardise=False, separate=Told(files))
    front.prepare(16000)
    wave, length = clips(4, 4000), torch.tensor([4000, 2000, 4000, 3000])
    unknown = torch.zeros(4, 0), torch.zeros(4, dtype=torch.bool)
    front(Batch(wave, length, *unknown, torch.arange(4), tuple("abcd")), torch.Generator().manual_seed(0))
    assert told == [length.tolist()]


def test_processors_are_drawn_equally_often(files):
    drawn = SeparateOnDevice(files).draw(10000, torch.Generator().manual_seed(0))
    assert abs(drawn.float().mean() - 0.5) < 0.02


def test_no_gradient_and_no_weights_of_processors_in_copies(files):
    stage = SeparateOnDevice(files)
    assert not stage.apply(clips(), torch.zeros(6, dtype=torch.int64)).requires_grad
    assert pickle.loads(pickle.dumps(stage))._loaded == []


def test_the_channel_that_explains_least_is_left_out():
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 1000, generator=generator)
    channels = torch.stack([torch.stack([a, 0.001 * b, b]), torch.stack([0.01 * a, b, a])])[:, :, None]
    kept = without_worst(channels, channels.sum(1, keepdim=True))
    assert torch.equal(kept[0], channels[0, [0, 2]])
    assert torch.equal(kept[1], channels[1, [1, 2]])
    assert SeparatedBefore(1, drop_worst=True).apply(
        torch.cat([channels.sum(1, keepdim=True), channels], 1), torch.zeros(2, dtype=torch.int64)
    ).shape == (2, 3, 1, 1000)


def test_what_does_not_fit_is_refused(files, tmp_path):
    save_separator(tmp_path / "four.safetensors", small(4))
    zeros = torch.zeros(6, dtype=torch.int64)
    with pytest.raises(UserError, match=r"four\.safetensors makes 4 channels, .* makes 2"):
        SeparateOnDevice([files[0], str(tmp_path / "four.safetensors")]).apply(clips(), zeros)
    with pytest.raises(UserError, match="no separator"):
        SeparateOnDevice(["nowhere.safetensors"]).apply(clips(), zeros)
    with pytest.raises(UserError, match=r"2 channel.*, which 3 processor.* cannot share"):
        SeparatedBefore(3).apply(clips().expand(-1, 3, -1, -1), zeros)
    with pytest.raises(UserError, match="one microphone"):
        SeparatedBefore(1).apply(clips().expand(-1, 3, 2, -1), zeros)
    with pytest.raises(ValueError, match="`files` is empty"):
        SeparateOnDevice([])
    with pytest.raises(ValueError, match="processors must be at least 1"):
        SeparatedBefore(0)


def test_clips_of_another_rate_than_the_separators_are_refused(files):
    stage, other = SeparateOnDevice(files), SeparateOnDevice(files)
    for processors, rate in ((stage, 16000), (other, 8000)):
        FrontEnd(TemporalProximity(), LogMel(high_hz=3500.0), separate=processors).prepare(rate)
    stage.apply(clips(), torch.zeros(6, dtype=torch.int64))
    with pytest.raises(UserError, match=r"1\.safetensors is made for 16000 Hz, the data come at 8000 Hz"):
        other.apply(clips(), torch.zeros(6, dtype=torch.int64))
