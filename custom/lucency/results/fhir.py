"""FHIR R4 documents of predictions: a DiagnosticReport, one Observation a finding, and the model as a Device."""

import json
import uuid
from pathlib import Path
from typing import Any

from ..errors import LucencyError
from ..files import write_atomically
from . import codes
from .fhir_elements import (
    HL7,
    Resource,
    by_uid,
    concept,
    finding_concept,
    identifier,
    order,
    percent,
    reference,
    subject,
)
from .model_identity import ModelIdentity
from .schema import NOTICE, FindingResult, ImageResult
from .uids import NAMESPACE


class FhirReports:
    """Write one FHIR document an image, under the name of its file.

    Its ids follow from image and model, so a repeated or resumed run writes the same document again.

    Args:
        folder: output folder; ``a/b.dcm`` gets ``folder/a/b.dcm.json``.
        model: which model answers.
    """

    def __init__(self, *, folder: str | Path, model: ModelIdentity) -> None:
        self.folder = Path(folder)
        self.model = model

    def write(self, result: ImageResult, source: Path | None = None, image: Any = None) -> None:
        """Write the document of one image.

        Args:
            result: complete, with status ``ok``.
            source: not used; other outputs of a run need it.
            image: not used.

        Raises:
            LucencyError: the result has no answer, or the file cannot be written.
        """
        document = diagnostic_report(result, self.model)
        write_atomically(self.folder / f"{result.file}.json", json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def diagnostic_report(result: ImageResult, model: ModelIdentity) -> Resource:
    """Make a Bundle (HL7 FHIR R4, 4.0.1) of one DiagnosticReport, its Observations and a Device.

    Of the patient it holds the Patient ID alone, of the study the accession number and UIDs; subject, order, study and
    image are references by these identifiers, which the receiver resolves. There is no date: ids and content follow
    from image, model and result.

    Args:
        result: status ``ok``, with at least one finding.
        model: which model answered.

    Raises:
        LucencyError: the result has no answer.

    Example:
        >>> answer = FindingResult(finding="mass", probability=0.2, raw_probability=0.2)
        >>> model = ModelIdentity(name="bundle", version="1.0.0", findings=("mass",), weights_sha256=None)
        >>> document = diagnostic_report(ImageResult(file="a.png", status="ok", findings=(answer,)), model)
        >>> [entry["resource"]["resourceType"] for entry in document["entry"]]
        ['DiagnosticReport', 'Observation', 'Device']
    """
    if result.status != "ok" or not result.findings:
        raise LucencyError(
            f"{result.file}: has no answer to report (status {result.status}); predictions.json says what became of it"
        )
    device = _device(model)
    patient = subject(result)
    key = _key(result)
    observations = [
        _observation(
            finding, result, patient, _uuid("observation", key, model.fingerprint, finding.finding), device["id"]
        )
        for finding in result.findings
    ]
    report = {
        "resourceType": "DiagnosticReport",
        "id": _uuid("report", key, model.fingerprint),
        **order(result),
        "status": "preliminary",
        "category": [{"coding": [{"system": f"{HL7}/v2-0074", "code": "RAD", "display": "Radiology"}]}],
        "code": concept(codes.PROCEDURE),
        **patient,
        "result": [reference(observation["id"]) for observation in observations],
        **by_uid("imagingStudy", {"ImagingStudy": "study_instance_uid"}, result),
        "conclusion": _conclusion(result),
    }
    resources = [report, *observations, device]
    return {
        "resourceType": "Bundle",
        "id": _uuid("bundle", key, model.fingerprint),
        "type": "collection",
        "entry": [{"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource} for resource in resources],
    }


def _observation(finding: FindingResult, result: ImageResult, patient: Resource, id_: str, device: str) -> Resource:
    components = [
        (codes.PROBABILITY, percent(finding.probability)),
        (codes.RAW_PROBABILITY, percent(finding.raw_probability)),
        (codes.CALIBRATION, {"valueString": finding.calibration}),
    ]
    if finding.decision is not None:
        presence = codes.PRESENT if finding.decision == "present" else codes.ABSENT
        components.append((codes.PRESENCE, {"valueCodeableConcept": concept(presence)}))
    if finding.threshold is not None:
        components.append((codes.THRESHOLD, percent(finding.threshold)))
    if finding.operating_point:
        components.append((codes.OPERATING_POINT, {"valueString": finding.operating_point}))
    return {
        "resourceType": "Observation",
        "id": id_,
        "status": "preliminary",
        "category": [{"coding": [{"system": f"{HL7}/observation-category", "code": "imaging", "display": "Imaging"}]}],
        "code": finding_concept(finding.finding),
        **patient,
        "device": reference(device),
        **by_uid("derivedFrom", {"ImagingStudy": "study_instance_uid", "Media": "sop_instance_uid"}, result),
        "component": [{"code": concept(code), **value} for code, value in components],
    }


def _device(model: ModelIdentity) -> Resource:
    versions = {"bundle": model.version, "fingerprint": model.fingerprint}
    return {
        "resourceType": "Device",
        "id": _uuid("device", model.name, model.version, model.fingerprint),
        "status": "active",
        "manufacturer": codes.MANUFACTURER,
        "deviceName": [{"name": model.name, "type": "model-name"}],
        "version": [{"type": {"text": name}, "value": value} for name, value in versions.items()],
        "note": [{"text": NOTICE}],
    }


def _conclusion(result: ImageResult) -> str:
    decided = [finding for finding in result.findings if finding.decision]
    present = [finding_concept(finding.finding)["text"] for finding in decided if finding.decision == "present"]
    lines = [
        NOTICE,
        f"Called present: {', '.join(present) or 'none'} ({len(decided)} of {len(result.findings)} decided).",
    ]
    if result.guard.outcome == "warning":
        lines.append(f"Input guard: {'; '.join(result.guard.reasons)}.")
    return "\n".join(lines)


def _key(result: ImageResult) -> str:
    """What an image is known by: its UID, else all that is known of it, as file names repeat."""
    return identifier(result, "sop_instance_uid") or result.model_dump_json(exclude={"notes"})


def _uuid(*parts: str) -> str:
    return str(uuid.uuid5(NAMESPACE, json.dumps(["fhir", *parts])))
