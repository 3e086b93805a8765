"""Packages: what the bundle uses is in it or declared, each with the version that it was made with."""

import re
import sys
from collections.abc import Iterator

from ..bundle_text import METADATA, BundleText
from ..finding import Fault, Level
from ..rule import Rule
from .code import OURS, imports, targets

_ALWAYS = {"monai", "torch", "numpy"}
_DISTRIBUTIONS = {
    "ignite": "pytorch-ignite",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "cv2": "opencv-python",
    "yaml": "pyyaml",
}
"""Packages that are installed under another name than they are imported by."""
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_EXACT = re.compile(r"(\d+!)?\d+(\.\d+)*((a|b|rc)\d+)?(\.post\d+)?(\.dev\d+)?(\+[A-Za-z0-9.]+)?")


def _declared(bundle: BundleText) -> dict[str, object]:
    packages = bundle.metadata.content.get("required_packages_version")
    return {_normal(str(name)): value for name, value in packages.items()} if isinstance(packages, dict) else {}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _undeclared(bundle: BundleText) -> Iterator[Fault]:
    there = {*_ALWAYS, *bundle.packages, *sys.stdlib_module_names, OURS, "scripts", "custom"}
    declared = _declared(bundle)
    seen = set()
    for document, key, name in [*targets(bundle), *imports(bundle)]:
        root = name.split(".")[0]
        distribution = _DISTRIBUTIONS.get(root, root)
        if root not in there and root not in seen and _normal(distribution) not in declared:
            seen.add(root)
            mend = f'add "{distribution}": "VERSION" to required_packages_version'
            yield Fault(document.place(key), f"uses {root}, which the metadata do not declare", mend)


def _ours(bundle: BundleText) -> Iterator[Fault]:
    if OURS in bundle.packages or OURS in _declared(bundle):
        return
    for document, key, name in targets(bundle):
        if name.split(".")[0] == OURS:
            message = f"uses {name}, and {OURS} is neither in the bundle nor declared"
            mend = "lucency bundle package BUNDLE --weights WEIGHTS --out dist, which puts into it what it uses"
            yield Fault(document.place(key), message, mend)
            return


def _missing(bundle: BundleText) -> Iterator[Fault]:
    for document, key, name in targets(bundle):
        parts = name.split(".")
        if parts[0] in bundle.packages and len(parts) > 1 and not _is_there(bundle, parts):
            mend = "correct the name, or add the module"
            yield Fault(document.place(key), f"{name}: no such module in the bundle", mend)


def _is_there(bundle: BundleText, parts: list[str]) -> bool:
    """Whether a dotted name is that of a module, or of something in one, as far as files tell."""
    modules = {file.removesuffix(".py").removesuffix("/__init__") for file in bundle.files if file.endswith(".py")}
    shortest = 1 if len(parts) == 2 else max(2, len(parts) - 2)  # a name in the package, or a method of a class
    return any("/".join(parts[:count]) in modules for count in range(shortest, len(parts) + 1))


def _pinned(bundle: BundleText) -> Iterator[Fault]:
    packages = bundle.metadata.content.get("required_packages_version")
    for name, version in (packages if isinstance(packages, dict) else {}).items():
        place = bundle.metadata.place(f"required_packages_version::{name}")
        if not _NAME.fullmatch(str(name)):
            yield Fault(place, f"{name} is no name of a package", "write the name by which pip installs it")
        elif not isinstance(version, str) or not _EXACT.fullmatch(version):
            yield Fault(place, f"{version} is no exact version", "write the version that it was tested with")


def _monai(bundle: BundleText) -> Iterator[Fault]:
    version = str(bundle.metadata.content.get("monai_version", ""))
    if METADATA in bundle.documents and re.fullmatch(r"\d+\.\d+\.\d*9", version):
        message = f"the zoo's tool takes {version} for a later one and finds no fitting MONAI"
        mend = "declare the version before or after, if the bundle runs with it"
        yield Fault(bundle.metadata.place("monai_version"), message, mend)


RULES = (
    Rule(
        "packages.declared",
        Level.ERROR,
        "What `_target_` and imports name is MONAI's, torch's, NumPy's, Python's, in the bundle, or in "
        "`required_packages_version`.",
        "On a machine that installs what is declared, it is missing.",
        _undeclared,
    ),
    Rule(
        "packages.lucency",
        Level.WARNING,
        "Where `lucency` is used, it is in the bundle.",
        "The folder runs only where lucency is installed: it is a source, not yet what is handed on.",
        _ours,
    ),
    Rule(
        "packages.module",
        Level.ERROR,
        "A `_target_` in the bundle's own package names a module that is there.",
        "ModuleNotFoundError when the component is made.",
        _missing,
    ),
    Rule(
        "packages.version",
        Level.WARNING,
        "`required_packages_version` gives exact versions under names that pip knows.",
        "The zoo installs NAME==VERSION.",
        _pinned,
    ),
    Rule(
        "packages.monai",
        Level.WARNING,
        "The patch number of `monai_version` does not end in 9.",
        "The zoo's `increment_version` makes an empty range of it.",
        _monai,
    ),
)
