"""The core works without what only extras bring: torchaudio and the rest may be missing or broken."""

import subprocess
import sys

BLOCKED = """
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"torchaudio", "torch_audiomentations", "wandb", "pyroomacoustics", "webdataset"}:
            raise ImportError("blocked " + name)

sys.meta_path.insert(0, Block())
"""


def test_a_run_without_extras(tmp_path):
    words = ["fit", "--config", "tests/e2e/tiny.yaml", "--run", str(tmp_path / "run"), "--trainer.max_steps", "2"]
    words += ["--data.cache_dir", str(tmp_path / "cache"), "--threads", "1"]
    judge = ["test", "--run", str(tmp_path / "run")]
    program = f"{BLOCKED}\nfrom lightning_sepcl.cli.main import main\nsys.exit(main({words!r}) or main({judge!r}))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "untrained embedding" in done.stdout


def test_the_adapter_says_what_is_missing():
    program = f"{BLOCKED}\nfrom lightning_sepcl.augment import TorchAudiomentations\nTorchAudiomentations('Gain')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120)
    assert "torch-audiomentations" in done.stderr
    assert "audio" in done.stderr
