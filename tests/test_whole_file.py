import pytest

from lightning_sepcl.whole_file import whole_file, whole_text


def test_the_new_content_appears_when_all_of_it_is_written(tmp_path):
    path = tmp_path / "folder/a.json"
    for text in (b"first", b"second"):
        before = path.read_bytes() if path.exists() else None
        with whole_file(path) as file:
            file.write(text)
            file.flush()
            assert (path.read_bytes() if path.exists() else None) == before
        assert path.read_bytes() == text
    assert list(path.parent.iterdir()) == [path]


def test_an_error_leaves_the_old_content_and_no_litter(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"old")

    def broken():
        with whole_file(path) as file:
            file.write(b"half of the ne")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_text_is_written_as_utf8(tmp_path):
    whole_text(tmp_path / "a/b.md", "0.5 ± 0.1\n")
    assert (tmp_path / "a/b.md").read_bytes() == "0.5 ± 0.1\n".encode()
