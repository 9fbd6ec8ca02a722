from __future__ import annotations

import re
from pathlib import Path

import pytest

from lightning_sepcl import data
from lightning_sepcl.data.corpus import FileCorpus
from lightning_sepcl.data.fsd50k import FSD50KCorpus
from lightning_sepcl.data.prepare import place_of
from lightning_sepcl.data.publications import PUBLICATIONS

IDS = [p.name for p in PUBLICATIONS]
FILES = [file for p in PUBLICATIONS for parcel in p.parcels for file in parcel.files]
MODULES = [(p, name) for p in PUBLICATIONS for name in p.data_modules]


@pytest.mark.parametrize(("publication", "name"), MODULES, ids=[name for _, name in MODULES])
def test_the_data_module_looks_where_it_will_lie(publication, name):
    corpus = getattr(data, name)().corpus
    assert isinstance(corpus, FileCorpus)
    assert Path(corpus.folder).is_relative_to(publication.folder)


def test_every_file_has_a_place_of_its_own():
    urls = [file.url for file in FILES]
    assert len(set(urls)) == len(urls)
    for publication in PUBLICATIONS:
        names = [file.name for parcel in publication.parcels for file in parcel.files]
        makes = [make for parcel in publication.parcels for make in parcel.makes]
        assert len(set(names)) == len(names)
        assert len(set(makes)) == len(makes)
        assert all("/" not in name for name in (*names, *makes))


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_urls_and_checksums_are_well_formed(file):
    assert re.fullmatch(r"https://[a-z.]+/\S+", file.url)
    assert file.checksum is None or re.fullmatch(r"md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}", file.checksum)
    assert file.bytes is None or file.bytes > 0


@pytest.mark.parametrize("publication", PUBLICATIONS, ids=IDS)
def test_every_record_says_licence_and_source(publication):
    assert "CC" in publication.licence
    assert re.search(r"\b20\d\d\b|release", publication.citation)
    assert publication.page.startswith("https://")


def test_split_archives_have_all_their_parts_in_order():
    fsd50k = next(p for p in PUBLICATIONS if p.name == "FSD50K")
    parts = {parcel.makes[0]: [Path(file.name).suffix for file in parcel.files] for parcel in fsd50k.parcels}
    assert parts["FSD50K.dev_audio"] == [".z01", ".z02", ".z03", ".z04", ".z05", ".zip"]
    assert parts["FSD50K.eval_audio"] == [".z01", ".zip"]
    assert set(parts) >= {FSD50KCorpus.landmark, "FSD50K.dev_audio", "FSD50K.eval_audio"}


@pytest.mark.parametrize("publication", PUBLICATIONS, ids=IDS)
def test_the_place_is_found_from_either_folder(publication):
    whole = Path("/data") / publication.folder
    assert place_of(publication, Path("/data")) == whole
    assert place_of(publication, whole) == whole
    assert place_of(publication, Path("/data/other")) == Path("/data/other") / publication.folder
