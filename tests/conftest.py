"""Fixtures shared by all tests."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # `from references.x import y`

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real radiographs, labels and DICOM files; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("LUCENCY_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data not found at {folder}; set LUCENCY_TEST_DATA to the folder that holds it")
    return folder
