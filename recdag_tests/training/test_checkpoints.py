"""A checkpoint is whole or not there, and belongs to one fit only."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from recdag.training.checkpoints import load_checkpoint, save_checkpoint

CPU = torch.device("cpu")


def test_what_was_saved_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "fit.pt"
    content = {"fingerprint": "a", "weights": torch.arange(3.0), "epoch": 4, "rows": [{"loss": 0.5}]}
    save_checkpoint(path, content)
    loaded = load_checkpoint(path, "a", CPU)
    assert loaded is not None
    assert torch.equal(loaded.pop("weights"), torch.arange(3.0))
    assert loaded == {"fingerprint": "a", "epoch": 4, "rows": [{"loss": 0.5}]}
    assert [each.name for each in path.parent.iterdir()] == ["fit.pt"]


def test_another_fingerprint_is_not_resumed_from(tmp_path: Path) -> None:
    save_checkpoint(tmp_path / "fit.pt", {"fingerprint": "a"})
    assert load_checkpoint(tmp_path / "fit.pt", "b", CPU) is None


def test_no_file_is_no_checkpoint(tmp_path: Path) -> None:
    assert load_checkpoint(tmp_path / "fit.pt", "a", CPU) is None


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_half_a_file_is_no_checkpoint(tmp_path: Path, kept: float) -> None:
    path = tmp_path / "fit.pt"
    save_checkpoint(path, {"fingerprint": "a", "weights": torch.ones(1000)})
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole))])
    assert load_checkpoint(path, "a", CPU) is None


def test_a_crash_while_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "fit.pt"
    save_checkpoint(path, {"fingerprint": "a", "epoch": 1})

    def crash(content: object, file: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", crash)
    with pytest.raises(OSError, match="disk full"):
        save_checkpoint(path, {"fingerprint": "a", "epoch": 2})
    loaded = load_checkpoint(path, "a", CPU)
    assert loaded is not None
    assert loaded["epoch"] == 1


def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (tmp_path / "ran",)

    torch.save({"fingerprint": "a", "extra": Harmful()}, tmp_path / "fit.pt")
    assert load_checkpoint(tmp_path / "fit.pt", "a", CPU) is None
    assert not (tmp_path / "ran").exists()


def test_a_damaged_checkpoint_is_named_in_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "fit.pt"
    path.write_bytes(b"half a file")
    assert load_checkpoint(path, "a", CPU) is None
    (warning,) = caplog.records
    assert warning.levelname == "WARNING" and str(path) in warning.getMessage()
