"""Whose code runs: of a package, of another one, of an installation."""

import logging

import pytest

from lucency import __version__
from lucency.results.running_code import HOME, warn_of_other_code
from support import BUNDLE


@pytest.fixture
def package(tmp_path):
    """A folder with code that says which version it is."""
    (tmp_path / "lucency").mkdir()
    return tmp_path


def put(package, version):
    text = (HOME / "__init__.py").read_text()
    assert __version__ in text
    (package / "lucency" / "__init__.py").write_text(text.replace(__version__, version))


def test_another_version_is_named_in_one_line(package, caplog):
    put(package, "0.0.9")
    warn_of_other_code(package)
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    line = record.getMessage()
    assert line.startswith(f"{package}: was packaged with lucency 0.0.9, and this process runs {__version__} of {HOME}")
    assert line.endswith("mend: run it in a process of its own")
    assert "\n" not in line


def test_the_same_version_and_a_bundle_without_code_are_passed_over(package, caplog):
    put(package, __version__)
    warn_of_other_code(package)
    warn_of_other_code(BUNDLE)
    assert caplog.records == []
