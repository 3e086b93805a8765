"""This package's code inside a bundle: the modules that its configurations need, and no others."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from ...errors import ConfigError
from ..recipes import RECIPES
from .import_graph import PACKAGE, ROOT, imports_of, needed_modules, source_of

LICENCE = RECIPES / "cxr_spml_classification" / "LICENSE"  # an installation has this text nowhere else


def vendor(names: Iterable[str], folder: Path) -> list[str]:
    """Copy what the named components need into `folder`, under this package's own name.

    Modules find each other by relative imports, so the copy works wherever it lies. A module that reads files beside
    it brings the files of its folder that are no Python. The code brings its own licence, for that of the bundle may
    be another one.

    Args:
        names: of classes and functions, such as ``lucency.losses.HillLoss``; none leave the folder empty.
        folder: root of the bundle.

    Returns:
        Names of the modules.

    Raises:
        ConfigError: a name that this package does not have, or a module that imports the package by its name.
    """
    modules = needed_modules(names)
    for module in modules:
        imports, source = imports_of(module), source_of(module)
        if source is None or any(name.partition(".")[0] == PACKAGE for name in imports.foreign):
            raise ConfigError(f"{module}: imports {PACKAGE} by its name; a copy of it needs relative imports")
        _copy(source, folder)
        if imports.reads_files:
            for file in sorted(source.parent.iterdir()):
                if file.is_file() and file.suffix not in (".py", ".pyc"):
                    _copy(file, folder)
    if modules:
        shutil.copyfile(LICENCE, folder / PACKAGE / LICENCE.name)
    return modules


def _copy(file: Path, folder: Path) -> None:
    target = folder / PACKAGE / file.relative_to(ROOT)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)
