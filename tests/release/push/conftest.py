"""A bundle that is fit to be handed on, and the command that does it."""

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lucency.commands.bundle import app

CLEAN = Path(__file__).parents[1] / "checklist" / "bundles" / "clean_classification"


@pytest.fixture
def bundle(tmp_path):
    return Path(shutil.copytree(CLEAN, tmp_path / "clean_classification"))


@pytest.fixture
def command():
    """Run `lucency bundle push`."""
    return lambda *arguments: CliRunner().invoke(app, ["push", *map(str, arguments)])
