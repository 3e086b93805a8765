"""A structured report as a DICOM object: content, identity, patient, equipment."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, get_args

from pydicom import Dataset
from pydicom.charset import convert_encodings
from pydicom.dataelem import RawDataElement
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import UID

from ...errors import LucencyError
from .. import codes
from ..equipment import equipment_of
from ..model_identity import ModelIdentity
from ..schema import ImageResult
from ..uids import deterministic_uid
from .quiet import quiet_highdicom

SopClass = Literal["Comprehensive3DSR", "ComprehensiveSR"]
SERIES_NUMBER = 9901  # far behind the series of a modality
DESCRIPTION = "AI findings"
NOT_CLINICAL = "AI findings - NOT FOR CLINICAL USE"
REMEDY = "structured reports need highdicom; run: pip install 'lucency[sr]'"


def structured_report(
    result: ImageResult,
    header: Dataset,
    model: ModelIdentity,
    *,
    run: Mapping[str, Any] | None = None,
    clinical_use: bool = False,
    sop_class: SopClass = "Comprehensive3DSR",
    moment: datetime | None = None,
) -> Dataset:
    """Make a structured report (PS3.3 A.35.13 or A.35.3, PS3.16 TID 1500) of one image's result.

    Args:
        result: status ``ok``, with at least one finding.
        header: of the image, as `source_header` returns it.
        model: which model answered.
        run: how it was run; of its keys ``site`` (digest of the site file), ``backend`` and ``precision`` are reported.
        clinical_use: leave out the statement that the report is not for clinical use.
        sop_class: ``ComprehensiveSR`` for archives that do not take the 3D class.
        moment: content date and time; now if not given. The identifiers do not depend on it.

    Returns:
        The data set with file meta information, Explicit VR Little Endian, text in UTF-8.

    Raises:
        LucencyError: highdicom is not installed, the SOP class is unknown, the result has no finding, or the header
            is not one of an image.
    """
    check_sop_class(sop_class)
    _check_input(result, header)
    try:
        import highdicom.sr

        from .content import report_content
    except ImportError as error:
        raise LucencyError(REMEDY) from error
    run, moment = run or {}, moment or datetime.now()
    with quiet_highdicom():
        try:
            report: Dataset = getattr(highdicom.sr, sop_class)(
                evidence=[header],
                content=_root(),
                series_instance_uid=_series_uid(header, model, clinical_use),
                series_number=SERIES_NUMBER,
                sop_instance_uid=_report_uid(result, header, model, run, clinical_use, sop_class),
                instance_number=max(1, int(header.get("InstanceNumber") or 1)),
                series_description=DESCRIPTION if clinical_use else NOT_CLINICAL,
                is_complete=True,
                is_final=False,
                contributing_equipment=[_equipment(model)],
                **equipment_of(model),
            )
            _set_content(report, report_content(result, header, model, run, clinical_use))
        except Exception as error:  # whatever highdicom says of a header it cannot use may quote patient data
            raise LucencyError(
                f"{result.file}: highdicom cannot make a report of this header ({type(error).__name__}); "
                "compare the header with the standard by dciodvfy"
            ) from error
        report.CodingSchemeIdentificationSequence = Sequence([_private_scheme()])
        stamp(report, moment)
    return report


def check_sop_class(sop_class: str) -> None:
    """Refuse the name of a SOP class that reports cannot have."""
    if sop_class not in get_args(SopClass):
        raise LucencyError(f"sop_class: {sop_class!r} is unknown; choose {' or '.join(get_args(SopClass))}")


def stamp(report: Dataset, moment: datetime) -> None:
    """Set one moment everywhere in a report, so that equal reports of equal moments have equal bytes."""
    report.ContentDate = report.InstanceCreationDate = moment.strftime("%Y%m%d")
    report.ContentTime = report.InstanceCreationTime = moment.strftime("%H%M%S.%f")
    for equipment in report.ContributingEquipmentSequence:
        if "ContributionDateTime" in equipment:
            equipment.ContributionDateTime = moment.strftime("%Y%m%d%H%M%S.%f")


def _check_input(result: ImageResult, header: Dataset) -> None:
    if not result.findings:
        raise LucencyError(f"{result.file}: status {result.status} has no finding to report; give results that are ok")
    if "Image Storage" not in (name := UID(header.SOPClassUID).name):
        raise LucencyError(f"{result.file}: (0008,0016) SOPClassUID: {name} is no image; reports are of images alone")
    if "Rows" not in header or "Columns" not in header:
        raise LucencyError(f"{result.file}: (0028,0010) Rows or Columns is missing; reports are of images alone")


def _report_uid(
    result: ImageResult,
    header: Dataset,
    model: ModelIdentity,
    run: Mapping[str, Any],
    clinical_use: bool,
    sop_class: SopClass,
) -> str:
    """Same image, model, site and form: same UID, whatever the backend's last digit is."""
    site = [(f.finding, f.calibration, f.threshold, f.operating_point) for f in result.findings]
    return deterministic_uid(
        "report", header.SOPInstanceUID, model.name, model.version, model.fingerprint, str(run.get("site")),
        repr(site), sop_class, str(clinical_use),
    )  # fmt: skip


def _series_uid(header: Dataset, model: ModelIdentity, clinical_use: bool) -> str:
    """A study has one series of reports a model."""
    return deterministic_uid(
        "series", header.StudyInstanceUID, model.name, model.version, model.fingerprint, str(clinical_use)
    )


def _root() -> Dataset:
    """The root of the content tree (TID 1500), still empty."""
    from highdicom.sr import ContainerContentItem, ContentSequence

    from .items import concept

    root: Dataset = ContainerContentItem(concept(codes.TITLE), template_id="1500")
    root.ContentSequence = ContentSequence()
    return root


def _set_content(report: Dataset, content: bytes) -> None:
    """Put encoded content into a report; pydicom writes it as it is, and parses it if somebody asks for an item."""
    tag = Tag("ContentSequence")
    report[tag] = RawDataElement(tag, "SQ", len(content), content, 0, is_implicit_VR=False, is_little_endian=True)
    utf_8 = convert_encodings(report.SpecificCharacterSet)
    report.set_original_encoding(is_implicit_vr=False, is_little_endian=True, character_encoding=utf_8)


def _equipment(model: ModelIdentity) -> Dataset:
    from highdicom import ContributingEquipment

    from .content import device_uid
    from .items import concept

    equipment: Dataset = ContributingEquipment(
        purpose_of_reference=concept(codes.EQUIPMENT),
        contribution_description="Estimated the probability of findings",
        **equipment_of(model),
    )
    equipment.DeviceUID = device_uid(model)
    return equipment


def _private_scheme() -> Dataset:
    scheme = Dataset()
    scheme.CodingSchemeDesignator = codes.PRIVATE_SCHEME
    scheme.CodingSchemeName = codes.PRIVATE_SCHEME_NAME
    scheme.CodingSchemeResponsibleOrganization = codes.MANUFACTURER
    return scheme
