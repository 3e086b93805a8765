"""Reading a header that may hold anything: what cannot be read counts as absent, and nothing is raised."""

import re
import unicodedata
from datetime import datetime

from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.tag import Tag

from ...transforms.elements import all_values

_ABSENT = frozenset({"", "UNKNOWN", "UNDEFINED", "UNSPECIFIED", "NONE", "NULL", "NA", "N A", "OTHER", "X", "XX", "XXX"})
_SNOMED = ("SCT", "SRT", "SNM3", "99SDM")  # PS3.16 8.1 and 8.2: the last three are names of SNOMED RT
_SHOWN = 40
_PERIODS = {"D": 365.25, "W": 365.25 / 7, "M": 12.0, "Y": 1.0, "": 1.0}


def texts(dataset: Dataset, keyword: str) -> list[str]:
    """Values of an element as text; none where it is absent, empty or unreadable.

    Example:
        >>> dataset = Dataset()
        >>> dataset.PatientOrientation = ["L", "F"]
        >>> texts(dataset, "PatientOrientation"), texts(dataset, "ViewPosition")
        (['L', 'F'], [])
    """
    try:
        values = all_values(dataset, keyword)
        return [str(value).strip() for value in values if isinstance(value, str | int | float) and str(value).strip()]
    except Exception:  # a damaged element, or text in a character set that does not exist
        return []


def text(dataset: Dataset, keyword: str) -> str:
    """Normalised first value: upper case, no accents; empty where nothing is told, in so many words or none.

    Example:
        >>> dataset = Dataset()
        >>> dataset.BodyPartExamined, dataset.ViewPosition = "Tórax", "UNKNOWN"
        >>> text(dataset, "BodyPartExamined"), text(dataset, "ViewPosition")
        ('TORAX', '')
    """
    value = normalised(next(iter(texts(dataset, keyword)), ""))
    return "" if " ".join(words(value)) in _ABSENT and not value.isdigit() else value


def normalised(value: str) -> str:
    """Upper case, without accents and with single spaces."""
    plain = unicodedata.normalize("NFKD", value)
    return " ".join("".join(sign for sign in plain if not unicodedata.combining(sign)).upper().split())


def words(value: str) -> list[str]:
    """Runs of letters of a normalised text."""
    return re.findall(r"[^\W\d_]+", value)


def snomed_codes(dataset: Dataset, keyword: str) -> list[str]:
    """Code values of a code sequence that are SNOMED CT, or SNOMED RT as older devices write it.

    Example:
        >>> dataset, item = Dataset(), Dataset()
        >>> item.CodeValue, item.CodingSchemeDesignator = "399067008", "SCT"
        >>> dataset.ViewCodeSequence = [item]
        >>> snomed_codes(dataset, "ViewCodeSequence")
        ['399067008']
    """
    try:
        items = [item for item in dataset.get(keyword) or () if isinstance(item, Dataset)]
    except Exception:
        return []
    snomed = [item for item in items if text(item, "CodingSchemeDesignator") in _SNOMED]
    return [value for item in snomed for value in texts(item, "CodeValue")]


def age_in_years(dataset: Dataset) -> float | None:
    """Age from PatientAge, or else from the dates of birth and study; ``None`` where neither makes sense.

    Example:
        >>> dataset = Dataset()
        >>> dataset.PatientBirthDate, dataset.StudyDate = "20200315", "20230314"
        >>> age_in_years(dataset)
        2.0
        >>> dataset.PatientAge = "018M"
        >>> age_in_years(dataset)
        1.5
    """
    told = re.fullmatch(r"0*(\d{1,3})([DWMY]?)", text(dataset, "PatientAge"))
    if told:
        years = int(told[1]) / _PERIODS[told[2]]
        return years if years <= 130 else None
    born, taken = (_day(dataset, keyword) for keyword in ("PatientBirthDate", "StudyDate"))
    if not born or not taken:
        return None
    years = taken.year - born.year - ((taken.month, taken.day) < (born.month, born.day))
    return float(years) if 0 <= years <= 130 else None


def _day(dataset: Dataset, keyword: str) -> datetime | None:
    try:
        return datetime.strptime(text(dataset, keyword)[:8], "%Y%m%d")
    except ValueError:
        return None


def named(keyword: str) -> str:
    """Name an element for a reader, as `RadiographError` does.

    Example:
        >>> named("ViewPosition")
        '(0018,5101) ViewPosition'
    """
    tag = Tag(tag_for_keyword(keyword) or 0)
    return f"({tag.group:04X},{tag.element:04X}) {keyword}"


def shown(value: str) -> str:
    """Quote a value of a header in one short line."""
    line = "".join(sign if sign.isprintable() else "?" for sign in " ".join(value.split()))
    return repr(line if len(line) <= _SHOWN else f"{line[:_SHOWN]}...")
