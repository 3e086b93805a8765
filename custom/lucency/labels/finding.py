"""A finding and the codes that name it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """A coded entry (DICOM PS3.3 section 8.8) and the reference in which code and meaning were seen together.

    Attributes:
        scheme: Coding Scheme Designator (0008,0102): SCT, RADLEX or DCM.
        value: Code Value (0008,0100).
        meaning: Code Meaning (0008,0104), in the words of the reference.
        source: the reference.
    """

    scheme: str
    value: str
    meaning: str
    source: str


@dataclass(frozen=True)
class Finding:
    """One finding of a chest radiograph.

    Attributes:
        id: its column in study tables and targets.
        display: its name for people.
        parent: id of the broader finding that it is a kind of, if a reference names one.
        parent_source: that reference.
        names: exact spellings by label source; each means this finding or a kind of it.
        snomed: SNOMED CT code, None while no named source confirms one.
        radlex: RadLex code, likewise.
        dicom: code of the DICOM Controlled Terminology, likewise.
    """

    id: str
    display: str
    parent: str | None
    parent_source: str | None
    names: Mapping[str, tuple[str, ...]]
    snomed: Code | None
    radlex: Code | None
    dicom: Code | None
