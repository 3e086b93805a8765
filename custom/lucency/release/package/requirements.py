"""Which other packages a bundle needs, and in which versions it was made."""

import re
import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version

from ...errors import ConfigError
from .import_graph import PACKAGE, imports_of

OWN_FIELDS = {"monai": "monai_version", "torch": "pytorch_version", "numpy": "numpy_version"}
"""Distributions that have a field of their own in a bundle's metadata."""
RUNNER = "fire"  # the command line of monai.bundle is built on it, and MONAI itself does not require it


def required_packages(modules: Iterable[str], stated: Mapping[str, str]) -> dict[str, str]:
    """Name every package that has to be there beside MONAI, PyTorch and NumPy, in the version that is installed here.

    These are the stated ones, some of which are imported by name alone, such as decoders; and what the modules import,
    as far as this package cannot do without it. What one of its extras brings, such as OpenVINO, is not required.

    Args:
        modules: of this package, that are in the bundle.
        stated: `required_packages_version` of the bundle.

    Raises:
        ConfigError: a package is not installed here, so that nothing was tried with it.

    Example:
        >>> required_packages(["lucency.engines.weights"], {}).keys() >= {"pyyaml", "pytorch-ignite", "fire"}
        True
    """
    homes = packages_distributions()
    core = _core()
    imported = {name.partition(".")[0] for module in modules for name in imports_of(module).foreign}
    found = {_canonical(home) for name in imported - sys.stdlib_module_names for home in homes.get(name, [])}
    names = dict.fromkeys([*stated, *sorted(found & core), RUNNER])
    return {name: installed(name) for name in names if name not in OWN_FIELDS}


def framework_versions() -> dict[str, str]:
    """Versions of MONAI, PyTorch and NumPy, by their fields of a bundle's metadata."""
    return {key: installed(name) for name, key in OWN_FIELDS.items()}


def installed(name: str) -> str:
    """Version of an installed package, as an index has it: without what tells builds apart, such as ``+cpu``.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError as error:
        raise ConfigError(f"{name}: is not installed here, so the bundle was not tried with it; install it") from error


def _core() -> set[str]:
    """What this package requires without any extra."""
    stated = requires(PACKAGE) or []
    return {_canonical(re.split(r"[^\w.-]", line)[0]) for line in stated if "extra ==" not in line}


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
