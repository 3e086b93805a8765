import inspect
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from lucency.data import importers
from lucency.data.importers import IMPORTERS, SourceSettings
from lucency.labels import vocabulary

ARCHIVES = [name for name, importer in IMPORTERS.items() if importer.declaration is not None]


def test_every_source_of_labels_has_its_importer():
    assert list(IMPORTERS) == [
        "nih", "google_nih", "chexpert", "mimic", "padchest", "openi", "vindr", "rsna", "siim", "folder", "images",
        "table",
    ]  # fmt: skip
    assert set(IMPORTERS) - set(ARCHIVES) == {"folder", "images", "table"}


@pytest.mark.parametrize("name", IMPORTERS)
def test_every_importer_is_exported_under_its_name(name):
    assert getattr(importers, f"import_{name}") is IMPORTERS[name].read
    assert f"import_{name}" in importers.__all__


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_declares_itself_under_the_same_name(name):
    declaration = IMPORTERS[name].declaration
    assert declaration.source == name
    assert set(declaration.findings) <= set(vocabulary().ids)
    for text in (declaration.title, declaration.reason, declaration.reference):
        assert text.strip()


@pytest.mark.parametrize("name", IMPORTERS)
def test_files_of_every_importer_can_stand_in_a_source_file(name):
    """`read_source` knows paths by their annotation, and keeps source and the settings to itself."""
    parameters = inspect.signature(IMPORTERS[name].read).parameters
    files = {word for word, parameter in parameters.items() if Path in get_args(parameter.annotation)}
    assert files >= set(parameters) & {"labels", "images"} != set()
    assert not set(parameters) & {
        "importer",
        *(field.name for field in fields(SourceSettings) if field.name != "source"),
    }
