"""Reading a report back, by pydicom alone, so that what was written is checked by other code than wrote it."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path

import pydicom
from pydantic import BaseModel, ConfigDict
from pydicom import Dataset

from ...errors import LucencyError
from ...labels.finding import Code
from ...transforms.quiet import quiet_pydicom
from .. import codes
from ..schema import FindingResult, GuardResult

_DECISIONS = {codes.PRESENT.value: "present", codes.ABSENT.value: "absent"}
_OUTCOMES = {codes.USABLE.value: "accept", codes.DOUBTFUL.value: "warning"}


class ReportContent(BaseModel):
    """What a structured report says.

    Attributes:
        sop_instance_uid: of the report.
        series_instance_uid: of its series.
        study_instance_uid: of the study that it shares with the image.
        image_uid: SOP Instance UID of the image that it is about.
        model_name: of the model that answered.
        model_version: likewise.
        parameters: fingerprint and whatever else was reported: weights_sha256, site_sha256, backend, precision.
        guard: what the input guard found.
        findings: in the order of the report.
        notice: the statement that it is not for clinical use, or empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    sop_instance_uid: str
    series_instance_uid: str
    study_instance_uid: str
    image_uid: str
    model_name: str
    model_version: str
    parameters: Mapping[str, str]
    guard: GuardResult
    findings: tuple[FindingResult, ...]
    notice: str


def read_structured_report(path: str | Path) -> ReportContent:
    """Read a report that `structured_report` made.

    Args:
        path: DICOM file.

    Returns:
        Its content; probabilities and thresholds have nine significant digits.

    Raises:
        LucencyError: the file is no DICOM, or no such report.

    Example:
        >>> read_structured_report("none.dcm")
        Traceback (most recent call last):
        ...
        lucency.errors.LucencyError: none.dcm: cannot be read as a structured report (FileNotFoundError); ...
    """
    with quiet_pydicom():
        try:
            return _content(pydicom.dcmread(path))
        except Exception as error:  # another's report lacks something, and pydicom lets out whatever a broken file has
            raise LucencyError(
                f"{path}: cannot be read as a structured report ({type(error).__name__}); "
                "give a file that lucency predict --sr wrote"
            ) from error


def _content(report: Dataset) -> ReportContent:
    if report.ContentTemplateSequence[0].TemplateIdentifier != "1500":
        raise ValueError("another template")
    containers = {_name(item): item for item in report.ContentSequence if item.ValueType == "CONTAINER"}
    groups = containers["126010"].ContentSequence  # Imaging Measurements
    first = groups[0]
    evaluations = containers.get(codes.EVALUATIONS.value, Dataset())
    outcome = _value(evaluations, codes.QUALITY)
    return ReportContent(
        sop_instance_uid=report.SOPInstanceUID,
        series_instance_uid=report.SeriesInstanceUID,
        study_instance_uid=report.StudyInstanceUID,
        image_uid=_item(first, "121112").ReferencedSOPSequence[0].ReferencedSOPInstanceUID,
        model_name=_item(first, "111001").TextValue,
        model_version=_item(first, "111003").TextValue,
        parameters=dict(part.split("=", 1) for part in _item(first, "111002").TextValue.split("; ")),
        guard=GuardResult.model_validate(
            {
                "outcome": _OUTCOMES[outcome] if outcome else "not_run",
                "reasons": [item.TextValue for item in _items(evaluations, codes.QUALITY_FINDING.value)],
            }
        ),
        findings=tuple(_finding(group) for group in groups),
        notice=_text(evaluations, codes.COMMENT) or "",
    )


def _finding(group: Dataset) -> FindingResult:
    probability = _item(group, codes.PROBABILITY.value)
    threshold = next(_items(probability, codes.THRESHOLD.value), None)
    decision = _value(group, codes.PRESENCE)
    return FindingResult.model_validate(
        {
            "finding": _item(group, "112039").TextValue,  # Tracking Identifier
            "probability": _share(probability),
            "raw_probability": _share(_item(probability, codes.RAW_PROBABILITY.value)),
            "calibration": _text(probability, codes.CALIBRATION),
            "decision": _DECISIONS[decision] if decision else None,
            "threshold": _share(threshold) if threshold is not None else None,
            "operating_point": _text(probability, codes.OPERATING_POINT),
        }
    )


def _name(item: Dataset) -> str:
    concept = item.ConceptNameCodeSequence[0]
    return str(concept.get("CodeValue") or concept.LongCodeValue)


def _items(parent: Dataset, code: str) -> Iterator[Dataset]:
    return (item for item in parent.get("ContentSequence", ()) if _name(item) == code)


def _item(parent: Dataset, code: str) -> Dataset:
    return next(_items(parent, code))


def _value(parent: Dataset, concept: Code) -> str | None:
    item = next(_items(parent, concept.value), None)
    return str(item.ConceptCodeSequence[0].CodeValue) if item is not None else None


def _text(parent: Dataset, concept: Code) -> str | None:
    item = next(_items(parent, concept.value), None)
    return str(item.TextValue) if item is not None else None


def _share(item: Dataset) -> float:
    return float(Decimal(str(item.MeasuredValueSequence[0].NumericValue)) / 100)
