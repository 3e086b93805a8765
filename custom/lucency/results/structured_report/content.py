"""The content tree of a report (TID 1500): one measurement group a finding, and what is to be said of the whole."""

from collections.abc import Mapping
from typing import Any

from highdicom.sr import (
    AlgorithmIdentification,
    CodeContentItem,
    CodedConcept,
    ContainerContentItem,
    ContentSequence,
    DeviceObserverIdentifyingAttributes,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    NumContentItem,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    RelationshipTypeValues,
    SourceImageForMeasurementGroup,
    TextContentItem,
    TrackingIdentifier,
)
from pydicom import Dataset
from pydicom.sr.codedict import codes as dicom_codes

from ...labels.finding import Code
from ...transforms.elements import all_values
from .. import codes
from ..model_identity import ModelIdentity
from ..schema import NOTICE, FindingResult, ImageResult
from ..uids import deterministic_uid

DIGITS = 9  # significant ones of a percentage; a Decimal String holds 16 characters, exponent included


def report_content(
    result: ImageResult, header: Dataset, model: ModelIdentity, run: Mapping[str, Any], clinical_use: bool
) -> MeasurementReport:
    """Content of a report with its first finding alone; `add_groups` adds the others.

    highdicom copies and searches the content that a document is made of several times over, and one group refers to
    all that the others refer to: so a report takes a third of the time.
    """
    report = MeasurementReport(
        observation_context=_observer(model),
        procedure_reported=concept(codes.PROCEDURE),
        imaging_measurements=[_group(result.findings[0], header, model, run)],
        title=concept(codes.TITLE),
        referenced_images=[_library_entry(header)],
    )
    if evaluations := _evaluations(result, clinical_use):
        container = ContainerContentItem(concept(codes.EVALUATIONS), relationship_type=RelationshipTypeValues.CONTAINS)
        container.ContentSequence = ContentSequence(evaluations)
        report[0].ContentSequence.append(container)
    return report


def add_groups(
    report: Dataset, result: ImageResult, header: Dataset, model: ModelIdentity, run: Mapping[str, Any]
) -> None:
    """Add the groups of all findings but the first to a report."""
    measurements = next(item for item in report.ContentSequence if item.name == dicom_codes.DCM.ImagingMeasurements)
    for finding in result.findings[1:]:
        measurements.ContentSequence.extend(_group(finding, header, model, run))


def parameters_text(model: ModelIdentity, run: Mapping[str, Any]) -> str:
    """The one Algorithm Parameters string: what else, besides name and version, decides about a probability."""
    parameters = {
        "fingerprint": model.fingerprint,
        "weights_sha256": model.weights_sha256,
        "site_sha256": run.get("site"),
        "backend": run.get("backend"),
        "precision": run.get("precision"),
    }
    return "; ".join(f"{name}={value}" for name, value in parameters.items() if value is not None)


def _observer(model: ModelIdentity) -> ObservationContext:
    attributes = DeviceObserverIdentifyingAttributes(
        uid=device_uid(model),
        name=model.name,
        manufacturer_name=codes.MANUFACTURER,
        model_name=model.name,
        serial_number=model.fingerprint,
    )
    device = ObserverContext(observer_type=dicom_codes.DCM.Device, observer_identifying_attributes=attributes)
    return ObservationContext(observer_device_context=device)


def device_uid(model: ModelIdentity) -> str:
    """UID of the model as a device."""
    return deterministic_uid("device", model.name, model.version, model.fingerprint)


def _library_entry(header: Dataset) -> Dataset:
    """What the image library says of the image, in the form that highdicom reads."""
    entry = Dataset()
    for keyword in ("SOPClassUID", "SOPInstanceUID", "Rows", "Columns", "FrameOfReferenceUID"):
        if keyword in header:
            setattr(entry, keyword, header[keyword].value)
    entry.Modality = ""  # its only use is to choose which further elements are described, and so needed
    if all(len(all_values(header, keyword)) == 2 for keyword in ("PatientOrientation", "ImagerPixelSpacing")):
        entry.Modality = "DX"
        entry.PatientOrientation = header.PatientOrientation
        entry.ImagerPixelSpacing = header.ImagerPixelSpacing
    return entry


def _group(
    result: FindingResult, header: Dataset, model: ModelIdentity, run: Mapping[str, Any]
) -> MeasurementsAndQualitativeEvaluations:
    probability = Measurement(concept(codes.PROBABILITY), _percent(result.probability), concept(codes.PERCENT))
    probability[0].ContentSequence = ContentSequence(_properties(result))
    presence = codes.PRESENT if result.decision == "present" else codes.ABSENT
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=deterministic_uid("finding", header.SOPInstanceUID, model.fingerprint, result.finding),
            identifier=result.finding,
        ),
        finding_type=concept(codes.finding_code(result.finding)),
        algorithm_id=AlgorithmIdentification(model.name, model.version, [parameters_text(model, run)]),
        source_images=[SourceImageForMeasurementGroup(header.SOPClassUID, header.SOPInstanceUID)],
        measurements=[probability],
        qualitative_evaluations=[QualitativeEvaluation(concept(codes.PRESENCE), concept(presence))]
        if result.decision
        else None,
    )


def _properties(result: FindingResult) -> list[Dataset]:
    """How the probability came about and is judged, below it, so that a group keeps one measurement."""
    percent, properties = concept(codes.PERCENT), RelationshipTypeValues.HAS_PROPERTIES
    items = [
        TextContentItem(concept(codes.CALIBRATION), result.calibration, RelationshipTypeValues.HAS_CONCEPT_MOD),
        NumContentItem(
            concept(codes.RAW_PROBABILITY),
            _percent(result.raw_probability),
            percent,
            relationship_type=RelationshipTypeValues.INFERRED_FROM,
        ),
    ]
    if result.threshold is not None:
        threshold = _percent(result.threshold)
        items.append(NumContentItem(concept(codes.THRESHOLD), threshold, percent, relationship_type=properties))
    if result.operating_point:
        items.append(TextContentItem(concept(codes.OPERATING_POINT), result.operating_point, properties))
    return items


def _evaluations(result: ImageResult, clinical_use: bool) -> list[Dataset]:
    contains = RelationshipTypeValues.CONTAINS
    items: list[Dataset] = []
    decisions = [finding.decision for finding in result.findings]
    if "present" in decisions or None not in decisions:
        summary = codes.WITH_FINDINGS if "present" in decisions else codes.WITHOUT_FINDINGS
        items.append(CodeContentItem(concept(codes.SUMMARY), concept(summary), contains))
    if result.guard.outcome in ("accept", "warning"):
        quality = codes.USABLE if result.guard.outcome == "accept" else codes.DOUBTFUL
        items.append(CodeContentItem(concept(codes.QUALITY), concept(quality), contains))
    items += [TextContentItem(concept(codes.QUALITY_FINDING), text, contains) for text in result.guard.reasons if text]
    if not clinical_use:
        items.append(TextContentItem(concept(codes.COMMENT), NOTICE, contains))
    return items


def concept(code: Code) -> CodedConcept:
    """The code as highdicom takes it."""
    return CodedConcept(value=code.value, meaning=code.meaning, scheme_designator=code.scheme)


def _percent(probability: float) -> float:
    return float(f"{100 * probability:.{DIGITS}g}")
