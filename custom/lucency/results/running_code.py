"""A packaged bundle brings code of its own, and a process runs the code that it loaded first."""

import logging
import re
from pathlib import Path

from .. import __version__

HOME = Path(__file__).parents[1]
_LOG = logging.getLogger(__name__)
_VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)


def warn_of_other_code(bundle_root: str | Path) -> None:
    """Say in one line that a bundle was packaged with another version of this package than the one that runs.

    Python imports a name once: the second package in a process, or one beside an installation, gets the code that was
    loaded first, which may compute something else.

    Args:
        bundle_root: folder of the bundle; one without code of its own has nothing to compare.
    """
    own = Path(bundle_root) / HOME.name / "__init__.py"
    stated = _VERSION.search(own.read_text(encoding="utf-8")) if own.is_file() else None
    if stated is not None and stated[1] != __version__:
        _LOG.warning(
            "%s: was packaged with %s %s, and this process runs %s of %s: answers may differ; "
            "mend: run it in a process of its own",
            bundle_root,
            HOME.name,
            stated[1],
            __version__,
            HOME,
        )
