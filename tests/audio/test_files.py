from lightning_sepcl.audio.files import audio_files, foreign_files


def test_audio_files_are_found_in_all_folders_but_hidden_ones(tmp_path):
    for name in ("b.WAV", "a/deep/er.flac", ".hidden/c.wav", "._d.wav", "c.M4A", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert audio_files(tmp_path) == ["a/deep/er.flac", "b.WAV"]
    assert foreign_files(tmp_path) == ["c.M4A"]
