"""A structured report whose content tree is made of highdicom's templates (TID 1500, 1501, 1600)."""

import io

import highdicom.sr
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
from pydicom import Dataset, dcmwrite
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.sr.codedict import codes as dicom_codes

from lucency.results import codes
from lucency.results.equipment import equipment_of
from lucency.results.schema import NOTICE
from lucency.results.structured_report import builder, content
from lucency.results.uids import deterministic_uid

CONTAINS = RelationshipTypeValues.CONTAINS


def highdicom_report(report, result, header, model, run, clinical_use, sop_class, moment):
    """The report that `report` must equal; only its two identifiers are taken from it."""
    made = getattr(highdicom.sr, sop_class)(
        evidence=[header],
        content=tree(result, header, model, run, clinical_use)[0],
        series_instance_uid=report.SeriesInstanceUID,
        series_number=builder.SERIES_NUMBER,
        sop_instance_uid=report.SOPInstanceUID,
        instance_number=max(1, int(header.get("InstanceNumber") or 1)),
        series_description=builder.DESCRIPTION if clinical_use else builder.NOT_CLINICAL,
        is_complete=True,
        is_final=False,
        contributing_equipment=[builder._equipment(model)],
        **equipment_of(model),
    )
    made.CodingSchemeIdentificationSequence = Sequence([builder._private_scheme()])
    builder.stamp(made, moment)
    return made


def file_bytes(report):
    """The report as a file."""
    buffer = io.BytesIO()
    dcmwrite(buffer, report, enforce_file_format=True)
    return buffer.getvalue()


def tree(result, header, model, run, clinical_use):
    """Measurement report with every group and evaluation."""
    observer = DeviceObserverIdentifyingAttributes(
        uid=content.device_uid(model),
        name=model.name,
        manufacturer_name=codes.MANUFACTURER,
        model_name=model.name,
        serial_number=model.fingerprint,
    )
    device = ObserverContext(observer_type=dicom_codes.DCM.Device, observer_identifying_attributes=observer)
    report = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=device),
        procedure_reported=concept(codes.PROCEDURE),
        imaging_measurements=[group(finding, header, model, run) for finding in result.findings],
        title=concept(codes.TITLE),
        referenced_images=[library_entry(header)],
    )
    if items := evaluations(result, clinical_use):
        container = ContainerContentItem(concept(codes.EVALUATIONS), relationship_type=CONTAINS)
        container.ContentSequence = ContentSequence(items)
        report[0].ContentSequence.append(container)
    return report


def library_entry(header):
    """Elements that TID 1601 and, if all are there, TID 1603 describe."""
    present = [keyword for keyword in ("FrameOfReferenceUID",) if keyword in header]
    two = [header.get(keyword) for keyword in ("PatientOrientation", "ImagerPixelSpacing")]
    described = all(isinstance(values, MultiValue) and len(values) == 2 for values in two)
    entry = Dataset()
    entry.Modality = "DX" if described else ""
    for keyword in ("SOPClassUID", "SOPInstanceUID", "Rows", "Columns", *present):
        entry[keyword] = header[keyword]
    if described:
        entry.PatientOrientation, entry.ImagerPixelSpacing = two
    return entry


def group(finding, header, model, run):
    """One measurement group (TID 1501)."""
    probability = Measurement(concept(codes.PROBABILITY), percent(finding.probability), concept(codes.PERCENT))
    probability[0].ContentSequence = ContentSequence(properties(finding))
    presence = {"present": codes.PRESENT, "absent": codes.ABSENT}.get(finding.decision)
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(
            uid=deterministic_uid("finding", header.SOPInstanceUID, model.fingerprint, finding.finding),
            identifier=finding.finding,
        ),
        finding_type=concept(codes.finding_code(finding.finding)),
        algorithm_id=AlgorithmIdentification(model.name, model.version, [content.parameters_text(model, run)]),
        source_images=[SourceImageForMeasurementGroup(header.SOPClassUID, header.SOPInstanceUID)],
        measurements=[probability],
        qualitative_evaluations=[QualitativeEvaluation(concept(codes.PRESENCE), concept(presence))]
        if presence
        else None,
    )


def properties(finding):
    """Items below the probability."""
    kinds, percents = RelationshipTypeValues, concept(codes.PERCENT)
    raw = percent(finding.raw_probability)
    items = [
        TextContentItem(concept(codes.CALIBRATION), finding.calibration, kinds.HAS_CONCEPT_MOD),
        NumContentItem(concept(codes.RAW_PROBABILITY), raw, percents, relationship_type=kinds.INFERRED_FROM),
    ]
    if finding.threshold is not None:
        cut = percent(finding.threshold)
        items.append(NumContentItem(concept(codes.THRESHOLD), cut, percents, relationship_type=kinds.HAS_PROPERTIES))
    if finding.operating_point:
        items.append(TextContentItem(concept(codes.OPERATING_POINT), finding.operating_point, kinds.HAS_PROPERTIES))
    return items


def evaluations(result, clinical_use):
    """What is said of the whole image."""
    items, decisions = [], {finding.decision for finding in result.findings}
    if "present" in decisions:
        items.append(CodeContentItem(concept(codes.SUMMARY), concept(codes.WITH_FINDINGS), CONTAINS))
    elif decisions == {"absent"}:
        items.append(CodeContentItem(concept(codes.SUMMARY), concept(codes.WITHOUT_FINDINGS), CONTAINS))
    quality = {"accept": codes.USABLE, "warning": codes.DOUBTFUL}.get(result.guard.outcome)
    if quality:
        items.append(CodeContentItem(concept(codes.QUALITY), concept(quality), CONTAINS))
    for reason in result.guard.reasons:
        if reason:
            items.append(TextContentItem(concept(codes.QUALITY_FINDING), reason, CONTAINS))
    if not clinical_use:
        items.append(TextContentItem(concept(codes.COMMENT), NOTICE, CONTAINS))
    return items


def concept(code):
    """The code as highdicom takes it."""
    return CodedConcept(value=code.value, meaning=code.meaning, scheme_designator=code.scheme)


def percent(probability):
    """Nine significant digits."""
    return float(f"{100 * probability:.9g}")
