from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from lightning_sepcl.separation.saved import load_separator

TF = Path(__file__).parents[1] / "golden/separation_tf"


def test_a_checkpoint_becomes_a_separator(sepcl):
    answer = sepcl(f"convert-separator {TF} --preset yfcc100m --blocks 4 --out net.safetensors")
    assert answer.code == 0, answer.err
    network, untold = answer.out.splitlines()
    assert network == "net.safetensors: TDCNpp with 4 sources, 12,177 parameters"
    assert "does not store it: 16000 Hz, a frame every 20 samples, 4 blocks per repeat" in untold
    told = np.load(TF / "separated.npz")
    with torch.no_grad():
        separated = load_separator("net.safetensors")(torch.from_numpy(told["mixture"])[None, None])[0]
    assert np.abs(separated.numpy() - told["separated"]).max() < 5e-6


def test_options_go_before_the_preset(sepcl):
    line = f"convert-separator {TF}/model.ckpt-1 --preset bird --blocks 4 --sample-rate 8000 --hop-samples 10 --out n"
    assert sepcl(f"{line}.safetensors --zero-beginning").code == 0
    net = load_separator("n.safetensors")
    assert (net.sample_rate, net.basis.hop_samples, net.basis.zero_beginning) == (8000, 10, True)


def test_what_is_wrong_is_told(refused):
    out = "--out net.safetensors"
    assert "no checkpoint nowhere: there is no file nowhere.index" in refused(
        f"convert-separator nowhere --preset bird {out}"
    )
    assert "8 blocks" in refused(f"convert-separator {TF} --preset fuss --blocks 3 --hop-samples 20 {out}")
    assert "blocks=0 should be at least 1" in refused(f"convert-separator {TF} --preset bird --blocks 0 {out}")
    assert "sample_rate=-1 should be at least 1" in refused(
        f"convert-separator {TF} --preset bird --sample-rate -1 {out}"
    )
    assert "should end in .safetensors" in refused(
        f"convert-separator {TF} --preset yfcc100m --blocks 4 --out net.ckpt"
    )
    assert "the following arguments are required: --preset" in refused(f"convert-separator {TF} {out}")
    assert "invalid choice: 'fusss'" in refused(f"convert-separator {TF} --preset fusss {out}")
