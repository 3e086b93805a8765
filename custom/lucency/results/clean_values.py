"""Values of a header that may be written again: text without control characters, dates that are dates."""

import datetime
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pydicom import DataElement, Dataset
from pydicom.datadict import dictionary_VM, dictionary_VR, tag_for_keyword
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag, Tag

_KEYS = (Tag("PatientID"), Tag("AccessionNumber"))  # kept whole, stray backslash and all: archives match by them
_SEXES = ("M", "F", "O")
_ESCAPE_SEQUENCE = re.compile("\x1b[ -/]*[0-~]")  # ISO 2022; pydicom 3.0 leaves those of ISO 2022 IR 58 in the text
DEPTH = 4  # sequences nested more deeply than this occur in no module that is copied


def clean_element(dataset: Dataset, keyword: str, depth: int = 0) -> DataElement | None:
    r"""Copy one element, decoded, with every value that breaks its value representation (PS3.5 6.2) left out.

    Args:
        dataset: as `pydicom.dcmread` returns it.
        keyword: of the element; its representation comes from the dictionary, not from the file.
        depth: of the sequence that `dataset` is an item of.

    Returns:
        The copy, or ``None`` where no valid value is left.

    Example:
        >>> dataset = Dataset()
        >>> dataset.PatientID, dataset.PatientSex = "A\x001 ", "X"
        >>> clean_element(dataset, "PatientID").value, clean_element(dataset, "PatientSex")
        ('A1', None)
    """
    return _clean(dataset, Tag(tag_for_keyword(keyword) or 0), depth)


def _clean(dataset: Dataset, tag: BaseTag, depth: int) -> DataElement | None:
    try:
        representation = dictionary_VR(tag)
        element = dataset[tag]
        if representation == "SQ":
            items = [_clean_item(item, depth + 1) for item in element.value] if depth < DEPTH else []
            return DataElement(tag, "SQ", Sequence(items)) if any(items) else None
        values = list(_valid_values(element, _CHECKS[representation]))
        if dictionary_VM(tag) == "1" and tag not in _KEYS:
            del values[1:]
        return DataElement(tag, representation, values if len(values) > 1 else values[0]) if values else None
    except Exception:  # pydicom parses late and lets out whatever a broken value provokes; such a value is not copied
        return None


def _valid_values(element: DataElement, check: Callable[[Any], Any]) -> Iterator[Any]:
    for value in element.value if isinstance(element.value, MultiValue | list) else [element.value]:
        if isinstance(value, bytes | Sequence):  # the file gave the element another representation
            continue
        kept = check(value)
        if kept not in ("", None) and (element.tag != Tag("PatientSex") or kept in _SEXES):
            yield kept


def _clean_item(item: Dataset, depth: int) -> Dataset:
    kept = Dataset()
    for tag in sorted(item.keys()):  # iterating over the item itself would parse, and stumble over broken values
        if not tag.is_private and (element := _clean(item, tag, depth)) is not None:
            kept.add(element)
    return kept


def _text(value: Any, also: str = "") -> str:
    decoded = _ESCAPE_SEQUENCE.sub("", str(value))
    return "".join(character for character in decoded if character.isprintable() or character in also).strip()


def _paragraphs(value: Any) -> str:
    return _text(value, also="\r\n\t")


def _matching(pattern: str) -> Callable[[Any], str]:
    compiled = re.compile(pattern)
    return lambda value: text if compiled.fullmatch(text := _text(value)) else ""


def _date(value: Any) -> str:
    digits = re.sub(r"[.\-/]", "", _text(value))  # YYYY.MM.DD was allowed before DICOM
    try:
        return datetime.datetime.strptime(digits, "%Y%m%d").strftime("%Y%m%d") if len(digits) == 8 else ""
    except ValueError:
        return ""


def _time(value: Any) -> str:
    digits = _text(value).replace(":", "")
    valid = re.fullmatch(r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?", digits)
    return digits if valid else ""


def _number(value: Any) -> str | None:
    text = _text(value)
    finite = re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text)
    return text if finite and len(text) <= 16 else None


def _integer(value: Any) -> int | None:
    return int(value) if isinstance(value, int) or re.fullmatch(r"[+-]?\d{1,10}", _text(value)) else None


def _each(representations: Iterable[str], check: Callable[[Any], Any]) -> dict[str, Callable[[Any], Any]]:
    return dict.fromkeys(representations, check)


_CHECKS: dict[str, Callable[[Any], Any]] = {
    **_each(("PN", "LO", "SH", "UC"), _text),
    **_each(("LT", "ST", "UT"), _paragraphs),
    **_each(("US", "UL", "IS"), _integer),
    "AS": _matching(r"\d{3}[DWMY]"),
    "CS": _matching(r"[A-Z0-9 _]{1,16}"),
    "DA": _date,
    "DS": _number,
    "TM": _time,
    "UI": _matching(r"\d[0-9.]{0,63}"),
    "UR": _matching(r"\S+"),
}
