"""A reader's judgement of a report of ours, as a DICOM structured report: each finding accepted or rejected."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydicom import Dataset
from pydicom.sequence import Sequence

from ...errors import LucencyError
from ...labels.finding import Code
from ...results import codes
from ...results.structured_report.builder import REMEDY, stamp
from ...results.structured_report.quiet import quiet_highdicom
from ...results.uids import deterministic_uid
from ...transforms.quiet import quiet_pydicom

Judgement = Literal["accepted", "rejected"]

_OURS = "Lucency; declared in the report's Coding Scheme Identification Sequence"
ASSESSMENT = Code(codes.PRIVATE_SCHEME, "assessment", "Assessment of an algorithm's result", _OURS)
ASSESSED = Code(codes.PRIVATE_SCHEME, "assessed_report", "Report that is assessed", _OURS)
ACCEPTED = Code(codes.PRIVATE_SCHEME, "accepted", "Result accepted", _OURS)
REJECTED = Code(codes.PRIVATE_SCHEME, "rejected", "Result rejected", _OURS)
SERIES_NUMBER = 9902  # behind the series of reports
DESCRIPTION = "Assessment of AI findings"

_CODES = {"accepted": ACCEPTED, "rejected": REJECTED}


def assessment_report(
    report: Dataset, judgements: Mapping[str, Judgement], reader: str, *, moment: datetime | None = None
) -> Dataset:
    """Make a structured report (PS3.3 A.35.3, PS3.16 TID 1500) in which a reader judges decisions of a report of ours.

    A measurement group a finding: its name as tracking identifier, its code, the judgement, and a reference to the
    report that is judged. The codes of the judgement are ours, and so is the form: it is no claim to conform to a
    profile of IHE. What the reader sees instead is not said: of a decision that is rejected, the opposite holds.

    Args:
        report: of `structured_report`.
        judgements: by finding; ones that are left out are not judged.
        reader: pseudonym, becomes the name of the person who observes.
        moment: of the judgement, with an offset from UTC; now if not given.

    Returns:
        The data set with file meta information.

    Raises:
        LucencyError: highdicom is not installed; no judgement, of an unknown kind, or of a finding on which the report
            decides nothing; `moment` has no offset.
    """
    groups = {_text(group, "112039"): group for group in _groups(report)}  # Tracking Identifier
    _check(judgements, groups, reader)
    moment = moment or datetime.now().astimezone()
    if moment.tzinfo is None:
        raise LucencyError("assessment: moment has no offset from UTC; give one, such as datetime.now().astimezone()")
    try:
        import highdicom.sr as sr
    except ImportError as error:
        raise LucencyError(REMEDY) from error
    with quiet_highdicom():
        assessment: Dataset = sr.ComprehensiveSR(
            evidence=[report],
            content=sr.MeasurementReport(
                observation_context=_observer(reader),
                procedure_reported=_concept(codes.PROCEDURE),
                imaging_measurements=[_judged(groups[name], report, judgements[name]) for name in judgements],
                title=_concept(codes.TITLE),
            )[0],
            series_instance_uid=deterministic_uid("assessments", report.StudyInstanceUID, reader),
            series_number=SERIES_NUMBER,
            sop_instance_uid=deterministic_uid(
                "assessment", report.SOPInstanceUID, reader, repr(sorted(judgements.items()))
            ),
            instance_number=1,
            series_description=DESCRIPTION,
            manufacturer=codes.MANUFACTURER,
            is_complete=True,
        )
        stamp(assessment, moment)
    assessment.TimezoneOffsetFromUTC = moment.strftime("%z")
    scheme = Dataset()
    scheme.CodingSchemeDesignator = codes.PRIVATE_SCHEME
    scheme.CodingSchemeName = codes.PRIVATE_SCHEME_NAME
    scheme.CodingSchemeResponsibleOrganization = codes.MANUFACTURER
    assessment.CodingSchemeIdentificationSequence = Sequence([scheme])
    return assessment


def _judged(group: Dataset, report: Dataset, judgement: Judgement) -> Any:
    import highdicom.sr as sr

    finding = next(item for item in group.ContentSequence if _name(item) == "121071")  # Finding
    judged = sr.MeasurementsAndQualitativeEvaluations(
        # the same object of observation, so the same unique identifier
        tracking_identifier=sr.TrackingIdentifier(uid=_uid(group), identifier=_text(group, "112039")),
        finding_type=sr.CodedConcept.from_dataset(finding.ConceptCodeSequence[0]),
        qualitative_evaluations=[sr.QualitativeEvaluation(_concept(ASSESSMENT), _concept(_CODES[judgement]))],
    )
    judged[0].ContentSequence.append(
        sr.CompositeContentItem(
            _concept(ASSESSED), report.SOPClassUID, report.SOPInstanceUID, sr.RelationshipTypeValues.CONTAINS
        )
    )
    return judged


def _observer(reader: str) -> Any:
    import highdicom.sr as sr
    from pydicom.sr.codedict import codes as dicom_codes

    return sr.ObservationContext(
        observer_person_context=sr.ObserverContext(
            observer_type=dicom_codes.DCM.Person,
            observer_identifying_attributes=sr.PersonObserverIdentifyingAttributes(name=f"{reader}^"),
        )
    )


def _concept(code: Code) -> Any:
    from ...results.structured_report.items import concept

    return concept(code)


def _check(judgements: Mapping[str, Judgement], groups: Mapping[str, Dataset], reader: str) -> None:
    if not judgements:
        raise LucencyError("assessment: no finding is judged; give one or more")
    if not reader.strip() or set(reader) & set("^=\\"):
        raise LucencyError(f"assessment: reader '{reader}' is no name for DICOM; leave out ^, = and backslash")
    for finding, judgement in judgements.items():
        if judgement not in _CODES:
            raise LucencyError(f"assessment: '{judgement}' of {finding} is unknown; use {', '.join(_CODES)}")
        if not any(
            _name(item) == codes.PRESENCE.value for item in groups.get(finding, Dataset()).get("ContentSequence", ())
        ):
            raise LucencyError(f"assessment: the report decides nothing about '{finding}'; judge what it decides")


def _groups(report: Dataset) -> Sequence:
    with quiet_pydicom():
        try:
            found = next(item for item in report.ContentSequence if _name(item) == "126010")  # Imaging Measurements
        except (AttributeError, StopIteration, IndexError) as error:
            raise LucencyError(
                "assessment: is no report with measurements; give one of lucency predict --sr"
            ) from error
    return found.ContentSequence


def _name(item: Dataset) -> str:
    concept = item.ConceptNameCodeSequence[0]
    return str(concept.get("CodeValue") or concept.get("LongCodeValue"))


def _text(group: Dataset, code: str) -> str:
    return str(next(item.TextValue for item in group.ContentSequence if _name(item) == code))


def _uid(group: Dataset) -> str:
    return str(next(item.UID for item in group.ContentSequence if _name(item) == "112040"))
