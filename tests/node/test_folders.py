"""Folders without rights, or where a file is, are told before a node begins."""

import os
from pathlib import Path

import pytest

from lucency.errors import ConfigError
from lucency.node.folders import writable_folder


def test_a_folder_is_made_with_its_parents_and_its_mode(tmp_path: Path) -> None:
    made = writable_folder("state", tmp_path / "a" / "b", 0o700)
    assert made.stat().st_mode & 0o777 == 0o700
    assert writable_folder("state", made) == made


def test_where_a_file_is_there_can_be_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file", tmp_path / "file" / "state"):
        with pytest.raises(ConfigError, match=rf"^fhir: {path}: cannot be written \([^\n]*\); give another folder$"):
            writable_folder("fhir", path)


def test_a_folder_without_rights_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root, as whom tests may run, has all rights
    with pytest.raises(ConfigError, match=r"^storage: .*: cannot be written \(Permission denied\); "):
        writable_folder("storage", tmp_path)
