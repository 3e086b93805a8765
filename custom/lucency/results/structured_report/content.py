"""The content tree of a report (TID 1500): one measurement group a finding, and what is to be said of the whole."""

from collections.abc import Iterator, Mapping
from typing import Any

from highdicom.sr import ImageLibrary
from pydicom import Dataset
from pydicom.sr.codedict import codes as dicom_codes

from ...labels.finding import Code
from ...transforms.elements import all_values
from .. import codes
from ..model_identity import ModelIdentity
from ..schema import NOTICE, FindingResult, ImageResult
from ..uids import deterministic_uid
from . import items

DIGITS = 9  # significant ones of a percentage; a Decimal String holds 16 characters, exponent included
_ENGLISH = Code("RFC5646", "en-US", "English (United States)", "IETF RFC 5646")


def report_content(
    result: ImageResult, header: Dataset, model: ModelIdentity, run: Mapping[str, Any], clinical_use: bool
) -> bytes:
    """Encode what is below the root of a report, which has template 1500, as the value of its Content Sequence."""
    algorithm = [
        items.text(_term("AlgorithmName"), model.name, "HAS CONCEPT MOD"),
        items.text(_term("AlgorithmVersion"), model.version, "HAS CONCEPT MOD"),
        items.text(_term("AlgorithmParameters"), parameters_text(model, run), "HAS CONCEPT MOD"),
    ]
    groups = [_group(finding, header, model, algorithm) for finding in result.findings]
    content = [
        items.code(_term("LanguageOfContentItemAndDescendants"), _ENGLISH, "HAS CONCEPT MOD"),
        *_observer(model),
        items.code(_term("ProcedureReported"), codes.PROCEDURE, "HAS CONCEPT MOD"),
        *map(items.encoded, ImageLibrary([_library_entry(header)])),
        items.container(_term("ImagingMeasurements"), groups),
    ]
    if evaluations := list(_evaluations(result, clinical_use)):
        content.append(items.container(codes.EVALUATIONS, evaluations))
    return items.content_sequence(content)


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


def _observer(model: ModelIdentity) -> Iterator[bytes]:
    context = "HAS OBS CONTEXT"
    yield items.code(_term("ObserverType"), _term("Device"), context)
    yield items.identifier(_term("DeviceObserverUID"), device_uid(model), context)
    yield items.text(_term("DeviceObserverName"), model.name, context)
    yield items.text(_term("DeviceObserverManufacturer"), codes.MANUFACTURER, context)
    yield items.text(_term("DeviceObserverModelName"), model.name, context)
    yield items.text(_term("DeviceObserverSerialNumber"), model.fingerprint, context)


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


def _group(result: FindingResult, header: Dataset, model: ModelIdentity, algorithm: list[bytes]) -> bytes:
    uid = deterministic_uid("finding", header.SOPInstanceUID, model.fingerprint, result.finding)
    content = [
        items.text(_term("TrackingIdentifier"), result.finding, "HAS OBS CONTEXT"),
        items.identifier(_term("TrackingUniqueIdentifier"), uid, "HAS OBS CONTEXT"),
        items.code(_term("Finding"), codes.finding_code(result.finding), "CONTAINS"),
        *algorithm,
        items.number(
            codes.PROBABILITY, _percent(result.probability), codes.PERCENT, "CONTAINS", list(_properties(result))
        ),
    ]
    if result.decision:
        presence = codes.PRESENT if result.decision == "present" else codes.ABSENT
        content.append(items.code(codes.PRESENCE, presence, "CONTAINS"))
    content.append(items.image(_term("SourceOfMeasurement"), header.SOPClassUID, header.SOPInstanceUID, "CONTAINS"))
    return items.container(_term("MeasurementGroup"), content, template="1501")


def _properties(result: FindingResult) -> Iterator[bytes]:
    """How the probability came about and is judged, below it, so that a group keeps one measurement."""
    properties = "HAS PROPERTIES"
    yield items.text(codes.CALIBRATION, result.calibration, "HAS CONCEPT MOD")
    yield items.number(codes.RAW_PROBABILITY, _percent(result.raw_probability), codes.PERCENT, "INFERRED FROM")
    if result.threshold is not None:
        yield items.number(codes.THRESHOLD, _percent(result.threshold), codes.PERCENT, properties)
    if result.operating_point:
        yield items.text(codes.OPERATING_POINT, result.operating_point, properties)


def _evaluations(result: ImageResult, clinical_use: bool) -> Iterator[bytes]:
    decisions = [finding.decision for finding in result.findings]
    if "present" in decisions or None not in decisions:
        summary = codes.WITH_FINDINGS if "present" in decisions else codes.WITHOUT_FINDINGS
        yield items.code(codes.SUMMARY, summary, "CONTAINS")
    if result.guard.outcome in ("accept", "warning"):
        quality = codes.USABLE if result.guard.outcome == "accept" else codes.DOUBTFUL
        yield items.code(codes.QUALITY, quality, "CONTAINS")
    for reason in filter(None, result.guard.reasons):
        yield items.text(codes.QUALITY_FINDING, reason, "CONTAINS")
    if not clinical_use:
        yield items.text(codes.COMMENT, NOTICE, "CONTAINS")


def _term(keyword: str) -> Code:
    """A concept of DICOM PS3.16 Annex D by its keyword."""
    found = getattr(dicom_codes.DCM, keyword)
    return Code("DCM", found.value, found.meaning, "DICOM PS3.16 Annex D")


def _percent(probability: float) -> float:
    return float(f"{100 * probability:.{DIGITS}g}")
