"""Bundles as texts, in the style of published ones; `clean` breaks no rule."""

import shutil
from pathlib import Path

import pytest

collect_ignore = ["bundles"]  # texts, which are not to be imported
BUNDLES = Path(__file__).parent / "bundles"


@pytest.fixture
def clean(tmp_path):
    """A copy of the bundle without faults, to put one in."""
    return Path(shutil.copytree(BUNDLES / "clean_classification", tmp_path / "clean_classification"))
