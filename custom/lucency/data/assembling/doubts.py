"""What a user should look at before believing an assembled table."""

from collections.abc import Mapping, Sequence

import pandas as pd

from ...files import first_few
from ..importers import Source
from .duplicates import Duplicates
from .merge import Merged
from .patients import Ties

_IMAGES_OF = {"google_nih": "nih", "rsna": "nih", "siim": "nih"}
"""Archives that published images of another one, under other names except for the first."""


def strangers(sources: Mapping[str, Source], merged: pd.Series) -> list[str]:
    """One line for archives that have images in common and yet none in the table.

    Args:
        sources: by name.
        merged: column source of the merged rows.
    """
    combinations = [set(name.split("+")) for name in merged.unique()]
    families: dict[str, list[set[str]]] = {}
    for name, source in sources.items():
        groups = families.setdefault(_IMAGES_OF.get(source.importer, source.importer), [])
        met = [group for group in groups if any(name in some and group & some for some in combinations)]
        groups[:] = [*(group for group in groups if group not in met), {name}.union(*met)]
    apart = [
        " and ".join(sorted("+".join(sorted(group)) for group in groups))
        for origin, groups in families.items()
        if len(groups) > 1 and origin in _IMAGES_OF.values()
    ]
    return [
        f"{names} published some of the same images, but none was recognised: patients may be in two splits; "
        "see docs/how-to/assemble-archives.md"
        for names in apart
    ]


def doubts(
    about: pd.DataFrame,
    duplicates: Duplicates,
    merged: Merged,
    ties: Ties,
    moved: Sequence[str],
    pools: Sequence[str],
    without_split: Sequence[str],
) -> list[str]:
    """One line for each thing that is allowed and perhaps not meant.

    Args:
        about: see `Rows`.
        duplicates: see `find_duplicates`.
        merged: see `merge`.
        ties: see `tie_patients`.
        moved: persons who were in two splits.
        pools: sources that label none of the chosen findings.
        without_split: sources that have no split, if the table has none for that reason.
    """
    lines = [f"{name} labels none of the chosen findings: its images are an unlabelled pool" for name in pools]
    if duplicates.unreadable:
        named = [f"{about['image'].iloc[row]} ({reason})" for row, reason in duplicates.unreadable.items()]
        lines.append(f"image files that could not be compared with others ({len(named)}): {first_few(named)}")
    for column, count in merged.differing.items():
        if count:
            lines.append(f"merged images whose rows differ in {column}: {count}; are they really one image?")
    if ties.suspicious:
        lines.append(
            f"patients of one source that share an image ({len(ties.suspicious)}): {first_few(ties.suspicious)}; "
            "is it an empty image, or a mix-up?"
        )
    if moved:
        lines.append(
            f"patients in two splits, as sources share their images ({len(moved)}): {first_few(moved)}; "
            "they go to test before val before train"
        )
    if without_split:
        lines.append(
            f"no column split, as {first_few(without_split)} brings none; choose shares for a split of your own"
        )
    return lines
