"""Finding the image files that a label file speaks of."""

import logging
import os
from collections import defaultdict
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from pydicom.misc import is_dicom

from ...errors import TableError
from ...files import first_few

IMAGE_SUFFIXES = (".dcm", ".dicom", ".png", ".jpg", ".jpeg", ".nii", ".nii.gz")
Missing = Literal["error", "drop"]
_log = logging.getLogger(__name__)


def list_images(folder: str | Path) -> list[str]:
    """Sorted paths, relative to `folder`, of every image below it.

    A file is an image by its suffix (.dcm, .dicom, .png, .jpg, .jpeg, .nii, .nii.gz), or without one, as archives
    export DICOM, by its "DICM" prefix (PS3.10 7.1).

    Raises:
        TableError: `folder` is no folder or holds no image.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise TableError(f"{folder}: is no folder of images")
    found = []
    for parent, _, names in os.walk(folder):
        below = Path(parent).relative_to(folder).as_posix()
        start = "" if below == "." else f"{below}/"
        found += [start + name for name in names if _is_image(os.path.join(parent, name))]
    if not found:
        raise TableError(f"{folder}: holds no image ({', '.join(IMAGE_SUFFIXES)}, or DICOM without a suffix)")
    return sorted(found)


def match_images(wanted: pd.Series, files: list[str]) -> pd.Series:
    """Path of the file that each label row means, "" where there is none.

    A value with a folder in it ("a/b.png") means exactly that path. A bare name means the file of that name in any
    sub-folder, with or without its suffix.

    Args:
        wanted: image names or paths of the label rows.
        files: relative paths that exist, as from `list_images`.

    Raises:
        TableError: a bare name fits several files.

    Example:
        >>> match_images(pd.Series(["a/1.png", "2", "3.png"]), ["a/1.png", "b/2.dcm"]).tolist()
        ['a/1.png', 'b/2.dcm', '']
    """
    exact = set(files)
    by_name: dict[str, set[str]] = defaultdict(set)
    for file in files:
        name = file.rpartition("/")[2]
        by_name[name].add(file)
        by_name[_stem(name)].add(file)
    matched = []
    for row, value in enumerate(wanted):
        candidates = {value} if value in exact else by_name[value] if "/" not in value else set()
        if len(candidates) > 1:
            raise TableError(f"image {value!r} in row {row + 1} fits {first_few(sorted(candidates))}; give its folder")
        matched.append(next(iter(candidates), ""))
    return pd.Series(matched, index=wanted.index, dtype=object)


def keep_found(frame: pd.DataFrame, found: pd.Series, name: str, folder: str | Path, missing: Missing) -> pd.DataFrame:
    """Put the found paths into column `image`; refuse or leave out the rows that have none.

    Raises:
        TableError: a row has no file and `missing` is "error", or no row has one.
    """
    if missing not in ("error", "drop"):
        raise TableError(f"missing images must be 'error' or 'drop', not {missing!r}")
    absent = found.eq("").to_numpy()
    if absent.all():
        raise TableError(f"{name}: none of its {len(frame)} images is in '{folder}'; name the folder that holds them")
    if absent.any():
        rows = np.flatnonzero(absent)
        named = first_few([*(f"row {row + 1} ({frame['image'].iloc[row]})" for row in rows[:3]), *rows[3:]])
        report = f"{name}: {len(rows)} of {len(frame)} images are not in '{folder}': {named}"
        if missing == "error":
            raise TableError(f"{report}; complete the folder, or choose to drop such rows")
        _log.warning("%s; rows left out", report)
    return frame.assign(image=found)[~absent].reset_index(drop=True)


def locate_images(frame: pd.DataFrame, folder: str | Path | None, name: str, missing: Missing) -> pd.DataFrame:
    """Let column `image`, so far the names of an archive, hold the paths of the files below `folder`, if one is given.

    Raises:
        TableError: as `list_images`, `match_images` and `keep_found`.
    """
    if folder is None:
        return frame
    return keep_found(frame, match_images(frame["image"], list_images(folder)), name, folder, missing)


def relative_to_table(frame: pd.DataFrame, images: str | Path | None, table: str | Path) -> pd.DataFrame:
    """Let image paths that start from the folder `images` start from the table's folder, where readers look.

    Absolute paths stay as they are, and so does all if `images` is None.

    Example:
        >>> frame = pd.DataFrame({"image": ["a.png", "/pacs/b.dcm"]})
        >>> relative_to_table(frame, "data/images", "data/table.csv").image.tolist()
        ['images/a.png', '/pacs/b.dcm']
    """
    if images is None:
        return frame
    between = os.path.relpath(images, Path(table).parent).replace(os.sep, "/")
    paths = frame["image"].astype(str)
    moved = paths if between == "." else between + "/" + paths
    unclean = paths.str.contains(r"(?:^|/)\.{0,2}(?:/|$)", regex=True)  # "a//b", "./a", "../a": few, if any
    moved = moved.mask(unclean, moved[unclean].map(os.path.normpath))
    return frame.assign(image=moved.mask(paths.map(os.path.isabs), paths))


def _is_image(path: str) -> bool:
    name = os.path.basename(path).lower()
    if name.startswith("."):
        return False
    if name.endswith(IMAGE_SUFFIXES):
        return True
    suffix = os.path.splitext(name)[1]
    return (not suffix or suffix[1:].isdigit()) and is_dicom(path)  # a UID looks like a name with a numeric suffix


def _stem(name: str) -> str:
    for suffix in IMAGE_SUFFIXES[::-1]:
        if name.lower().endswith(suffix):
            return name[: -len(suffix)]
    return name
