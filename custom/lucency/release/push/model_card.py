"""The page at the top of a Hugging Face repository."""

import re
from pathlib import PurePosixPath

_LINK = re.compile(r"(\]\()(?!https?://|mailto:|#|/)([^)\s]+)(\))")


def card_of(readme: str, licence: str) -> str:
    r"""Make `README.md` of the repository: what the hub sorts models by, then the bundle's own page.

    Args:
        readme: text of `docs/README.md`; links that it has to files beside it lead to `docs/` from here.
        licence: text of `LICENSE`.

    Example:
        >>> print(card_of("# A bundle\n\nSee [data](data_license.txt).\n", "Apache License, Version 2.0"))
        ---
        library_name: monai
        license: apache-2.0
        tags:
        - monai
        - medical
        ---
        # A bundle
        <BLANKLINE>
        See [data](docs/data_license.txt).
        <BLANKLINE>
    """
    head = ["---", "library_name: monai", f"license: {licence_id(licence)}", "tags:", "- monai", "- medical", "---", ""]
    return "\n".join(head) + _LINK.sub(lambda match: match[1] + _from_top(match[2]) + match[3], readme)


def licence_id(text: str) -> str:
    """The hub's id of a licence, by its text; ``other`` for one that is not known.

    Example:
        >>> licence_id("MIT License"), licence_id("All rights reserved")
        ('mit', 'other')
    """
    if "Apache License" in text and "Version 2.0" in text:
        return "apache-2.0"
    return "mit" if "MIT License" in text else "other"


def _from_top(target: str) -> str:
    """Path from the top of the bundle of a link in `docs`; one that leads out of the bundle stays as it is."""
    parts: list[str] = ["docs"]
    for part in PurePosixPath(target).parts:
        if part == ".." and not parts:
            return target
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)
