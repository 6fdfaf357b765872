from pathlib import Path

import pytest

import spatialgov
from spatialgov.cli._compiling import announce_compilation


def test_only_the_first_compilation_is_announced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(spatialgov, "__file__", str(tmp_path / "__init__.py"))
    cache = tmp_path / "partition" / "refine" / "__pycache__"
    cache.mkdir(parents=True)
    announce_compilation("partition/refine")
    assert "once on this machine" in capsys.readouterr().err
    (cache / "_kernels.anneal-1.py311.nbi").touch()
    announce_compilation("partition/refine")
    assert capsys.readouterr().err == ""
    announce_compilation("partition/refine", "coverage")
    assert "once on this machine" in capsys.readouterr().err
