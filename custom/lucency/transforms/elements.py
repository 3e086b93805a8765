"""Values of DICOM data elements, and errors that name the element."""

import math
from collections.abc import MutableSequence
from typing import Any

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.tag import Tag

from .errors import RadiographError


def refusal(dataset: Dataset, keyword: str, reason: str) -> RadiographError:
    """Make the error that blames one element of a data set.

    Example:
        >>> str(refusal(Dataset(), "Rows", "is missing"))
        'data set: (0028,0010) Rows: is missing'
    """
    path = getattr(dataset, "filename", None) or "data set"
    tag = Tag(tag_for_keyword(keyword) or 0)
    return RadiographError(path, reason, f"({tag.group:04X},{tag.element:04X}) {keyword}")


def all_values(dataset: Dataset, keyword: str) -> list[Any]:
    """Return the values of an element, none of them empty; an empty list where it is absent or empty.

    Args:
        dataset: where to look; elements of group 0002 are looked up in its file meta information.
        keyword: DICOM keyword of the element.

    Raises:
        RadiographError: the bytes of the element are no value of its representation.

    Example:
        >>> dataset = Dataset()
        >>> dataset.WindowCenter, dataset.WindowWidth, dataset.Rows = [550.0, 300.0], None, 440
        >>> [all_values(dataset, keyword) for keyword in ("WindowCenter", "WindowWidth", "Rows")]
        [['550.0', '300.0'], [], [440]]
    """
    in_file_meta = Tag(tag_for_keyword(keyword) or 0).group == 2
    try:
        value = (getattr(dataset, "file_meta", Dataset()) if in_file_meta else dataset).get(keyword)
    except Exception as error:  # a value is parsed when it is first asked for; pydicom lets anything through
        raise refusal(dataset, keyword, f"cannot be parsed ({type(error).__name__}: {error})") from error
    several = value if isinstance(value, MutableSequence) else [value]
    return [one for one in several if one is not None and one not in ("", b"")]


def first_value(dataset: Dataset, keyword: str) -> Any:
    """Return the first value of an element, or ``None`` where it is absent or empty.

    Raises:
        RadiographError: the bytes of the element are no value of its representation.

    Example:
        >>> first_value(Dataset(), "WindowCenter") is None
        True
    """
    return next(iter(all_values(dataset, keyword)), None)


def first_number(dataset: Dataset, keyword: str) -> float | None:
    """Return the first value of an element as a finite number, or ``None`` where it is absent or empty.

    Raises:
        RadiographError: the value is no finite number.

    Example:
        >>> dataset = Dataset()
        >>> dataset.RescaleSlope = "2.5"
        >>> first_number(dataset, "RescaleSlope")
        2.5
    """
    value = first_value(dataset, keyword)
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise refusal(dataset, keyword, f"{value!r:.40} is not a number") from error
    if not math.isfinite(number):
        raise refusal(dataset, keyword, f"{value!r:.40} is not a finite number")
    return number


def integer(dataset: Dataset, keyword: str, low: int, high: int) -> int:
    """Return the value of a required whole number between `low` and `high`.

    Raises:
        RadiographError: the element is missing, or its value is not such a number.

    Example:
        >>> dataset = Dataset()
        >>> dataset.Rows = 440
        >>> integer(dataset, "Rows", 1, 65535)
        440
    """
    number = first_number(dataset, keyword)
    if number is None:
        raise refusal(dataset, keyword, "is missing")
    if number != int(number) or not low <= number <= high:
        raise refusal(dataset, keyword, f"{number:g} is not a whole number from {low} to {high}")
    return int(number)
