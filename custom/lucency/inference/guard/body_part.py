"""Which part of the body a header names."""

from collections.abc import Iterator

from pydicom import Dataset

from .header_values import normalised, snomed_codes, text, texts, words
from .spellings import CHEST_CODES, CHEST_WORDS, OTHER_PARTS
from .testimony import Testimony

CHEST = "CHEST"
_OF_THE_IMAGE = ("SeriesDescription", "ProtocolName", "AcquisitionDeviceProcessingDescription")
_OF_THE_STUDY = ("RequestedProcedureDescription", "StudyDescription")


def body_parts(dataset: Dataset) -> list[Testimony]:
    """Collect what the header says about the body part, the most trustworthy first.

    BodyPartExamined, then AnatomicRegionSequence, then the descriptions of the series, and only if none of these says
    anything those of the whole study. A description counts when it names the chest alone or other parts alone.

    Returns:
        What was said, with ``CHEST`` for the chest and the text or code itself for all else; may be empty.

    Example:
        >>> dataset = Dataset()
        >>> dataset.BodyPartExamined, dataset.SeriesDescription = "Thorax", "Hand links"
        >>> [one.meaning for one in body_parts(dataset)]
        ['CHEST', 'HAND']
    """
    heard = [*_coded(dataset), *_described(dataset, _OF_THE_IMAGE)]
    return heard or list(_described(dataset, _OF_THE_STUDY))


def _coded(dataset: Dataset) -> Iterator[Testimony]:
    part = text(dataset, "BodyPartExamined")
    if part:
        found = set(words(part))
        chest = found & CHEST_WORDS and not found & OTHER_PARTS
        yield Testimony("BodyPartExamined", part, CHEST if chest else part)
    regions = snomed_codes(dataset, "AnatomicRegionSequence")
    if regions:
        other = [code for code in regions if code not in CHEST_CODES]
        yield Testimony("AnatomicRegionSequence", (other or regions)[0], other[0] if other else CHEST)


def _described(dataset: Dataset, keywords: tuple[str, ...]) -> Iterator[Testimony]:
    for keyword in keywords:
        found = [word for value in texts(dataset, keyword) for word in words(normalised(value))]
        chest, other = CHEST_WORDS.intersection(found), [word for word in found if word in OTHER_PARTS]
        if bool(chest) != bool(other):
            yield Testimony(keyword, next(word for word in found if word in chest or word in other), _part(other))


def _part(other: list[str]) -> str:
    return other[0] if other else CHEST
