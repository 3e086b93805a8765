"""Which view a header names."""

import re
from collections.abc import Iterator

from pydicom import Dataset

from .header_values import normalised, snomed_codes, text, texts, words
from .spellings import VIEW_SPELLINGS, VIEWS, View
from .testimony import Testimony

_FRONTAL: frozenset[View] = frozenset({"PA", "AP", "FRONTAL"})
_AXES = {"L": "across", "R": "across", "A": "through", "P": "through", "H": "along", "F": "along"}
_PLANES = {frozenset({"across", "along"}): "FRONTAL", frozenset({"through", "along"}): "LATERAL"}
_DESCRIPTIONS = ("SeriesDescription", "ProtocolName", "AcquisitionDeviceProcessingDescription")
_OF_THE_STUDY = ("RequestedProcedureDescription", "StudyDescription")


def views(dataset: Dataset) -> list[Testimony]:
    """Collect what the header says about the view, the most trustworthy first.

    ViewPosition (PS3.3 C.8.1.2, C.8.11.5), ViewCodeSequence, PatientOrientation (rows to the patient's front or back
    are a lateral view), then the descriptions of the series, and only if none of these says anything those of the whole
    study. A description that names frontal and other views says nothing: it speaks of several images.

    Returns:
        What was said, each meaning one of `View`; may be empty.

    Example:
        >>> dataset = Dataset()
        >>> dataset.PatientOrientation, dataset.StudyDescription = ["A", "F"], "Chest PA"
        >>> [(one.keyword, one.meaning) for one in views(dataset)]
        [('PatientOrientation', 'LATERAL')]
    """
    heard = [*_coded(dataset), *_described(dataset, _DESCRIPTIONS)]
    return heard or list(_described(dataset, _OF_THE_STUDY))


def _coded(dataset: Dataset) -> Iterator[Testimony]:
    position = text(dataset, "ViewPosition")
    found = _named(position)
    if found:  # one image has one view: "AP decubitus" is a decubitus view
        yield Testimony("ViewPosition", position, _one(found - _FRONTAL or found))
    for code in snomed_codes(dataset, "ViewCodeSequence"):
        yield Testimony("ViewCodeSequence", code, VIEW_SPELLINGS.get(code, "OTHER"))
    directions = texts(dataset, "PatientOrientation")
    plane = _PLANES.get(frozenset(_AXES.get(letters[0].upper(), letters) for letters in directions))
    if plane and text(dataset, "AnatomicalOrientationType") != "QUADRUPED":
        yield Testimony("PatientOrientation", "\\".join(directions), plane)


def _described(dataset: Dataset, keywords: tuple[str, ...]) -> Iterator[Testimony]:
    for keyword in keywords:
        found = _named(normalised(" ".join(texts(dataset, keyword))))
        if found and (found <= _FRONTAL or not found & _FRONTAL):
            yield Testimony(keyword, _one(found), _one(found))


def _named(value: str) -> set[View]:
    """Views that a normalised text names, such as "Thorax p.a." or "POSTERO-ANTERIOR"."""
    joined = re.sub(r"\b(P|A|POSTERO|ANTERO)[ .\-/]+(A|P|ANTERIOR|POSTERIOR)\b", r"\1\2", value)
    return {VIEW_SPELLINGS[word] for word in words(joined) if word in VIEW_SPELLINGS}


def _one(found: set[View]) -> View:
    """View that a set of frontal ones, or of others, amounts to."""
    return "FRONTAL" if found >= {"PA", "AP"} else min(found, key=VIEWS.index)
