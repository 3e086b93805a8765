"""The bundles that come with this package, to begin with."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from ..errors import ConfigError, suggestion
from ..files import write_atomically
from .appearing import appearing_folder

RECIPES = Path(__file__).parents[1] / "recipes"  # of a checkout, a link to its `bundles`
_PARTS = ("LICENSE", "configs", "docs", "golden")
_LINK_OUT = re.compile(r"\[([^\]]+)\]\((?:\.\./){2,}[^)]*\)")


def recipe_names() -> list[str]:
    """Names of the bundles, sorted."""
    return sorted(folder.parent.name for folder in RECIPES.glob("*/configs"))


def copy_recipes(out: str | Path, names: Sequence[str] = ()) -> list[Path]:
    """Copy bundles to a folder of one's own, where they can be read, changed and run.

    Args:
        out: gets a folder for each.
        names: of the bundles; by default all.

    Returns:
        The folders.

    Raises:
        LucencyError: no such bundle, or something is in its place already.

    Example:
        >>> import tempfile
        >>> (folder,) = copy_recipes(tempfile.mkdtemp(), ["cxr_spml_classification"])
        >>> sorted(path.name for path in folder.iterdir())
        ['LICENSE', 'configs', 'docs', 'golden']
    """
    known = recipe_names()
    for name in names:
        if name not in known:
            raise ConfigError(f"{name}: no such bundle{suggestion(name, known)} (there are: {', '.join(known)})")
    return [_copy(name, Path(out) / name) for name in names or known]


def without_links_out(page: str) -> str:
    """A bundle's page without links to what lies outside of the bundle and is not there where it goes.

    Example:
        >>> without_links_out("see [losses](../../../docs/losses.md), [terms](data_license.txt)")
        'see losses, [terms](data_license.txt)'
    """
    return _LINK_OUT.sub(r"\1", page)


def _copy(name: str, target: Path) -> Path:
    with appearing_folder(target) as folder:
        for part in _PARTS:  # and no weights that someone trained in a checkout
            source = RECIPES / name / part
            if source.is_dir():
                shutil.copytree(source, folder / part, copy_function=shutil.copyfile)
            elif source.is_file():
                shutil.copyfile(source, folder / part)
        for page in folder.glob("docs/*.md"):
            write_atomically(page, without_links_out(page.read_text(encoding="utf-8")))
    return target
