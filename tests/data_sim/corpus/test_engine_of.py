from dataclasses import replace

import pytest

from data_sim.corpus.engine_of import engine_of
from data_sim.engines import ImageSources, Pyroomacoustics, ThinnedImages
from lightning_sepcl.errors import UserError


def test_the_named_engine_on_the_named_device(small):
    for name, kind in (("exact", ImageSources), ("fast", ThinnedImages)):
        engine = engine_of(replace(small, engine=name, device="cpu"))
        assert isinstance(engine, kind)
        assert engine.device.type == "cpu"
        engine.close()
    with pytest.raises(UserError, match="device 'tpu' cannot be used"):
        engine_of(replace(small, device="tpu"))


def test_an_engine_without_a_device(small):
    pytest.importorskip("pyroomacoustics")
    assert isinstance(engine_of(replace(small, engine="pyroomacoustics")), Pyroomacoustics)
