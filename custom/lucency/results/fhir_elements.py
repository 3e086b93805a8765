"""The small parts of a FHIR document: codes, quantities, references by identifier."""

import re
from typing import Any

from ..errors import LabelError
from ..labels import vocabulary
from ..labels.finding import Code
from . import codes
from .schema import ImageResult
from .uids import deterministic_uid

SYSTEMS = {  # coding scheme designator of DICOM: its URI in FHIR
    "SCT": "http://snomed.info/sct",
    "DCM": "http://dicom.nema.org/resources/ontology/DCM",
    "RADLEX": "http://radlex.org",
    codes.PRIVATE_SCHEME: f"urn:oid:{deterministic_uid('coding scheme', codes.PRIVATE_SCHEME)}",
}
UCUM = "http://unitsofmeasure.org"
HL7 = "http://terminology.hl7.org/CodeSystem"
DIGITS = 9  # significant ones of a percentage, as in the DICOM report

Resource = dict[str, Any]


def subject(result: ImageResult) -> Resource:
    """The element ``subject``, or none without a Patient ID."""
    patient = identifier(result, "patient_id")
    return {"subject": {"type": "Patient", "identifier": {"value": patient}}} if patient else {}


def order(result: ImageResult) -> Resource:
    """The element ``basedOn``, or none without an accession number."""
    number = identifier(result, "accession_number")
    kind = {"coding": [{"system": f"{HL7}/v2-0203", "code": "ACSN", "display": "Accession ID"}]}
    return {"basedOn": [{"type": "ServiceRequest", "identifier": {"type": kind, "value": number}}]} if number else {}


def by_uid(element: str, columns: dict[str, str], result: ImageResult) -> Resource:
    """An element of references by UID: resource type to column of the identifiers; none where no UID is known."""
    references = [
        {"type": kind, "identifier": {"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}}
        for kind, column in columns.items()
        if re.fullmatch(r"[0-9.]*[0-9]", uid := identifier(result, column))
    ]
    return {element: references} if references else {}


def identifier(result: ImageResult, column: str) -> str:
    """Text of a header without what FHIR forbids: control characters, blanks around it."""
    return "".join(c for c in result.identifiers.get(column, "") if c.isprintable()).strip()


def reference(id_: str) -> Resource:
    """Reference to a resource of the same document."""
    return {"reference": f"urn:uuid:{id_}"}


def finding_concept(finding: str) -> Resource:
    """Every verified code of a finding, and our own id, which a bundle's own findings have alone."""
    try:
        entry = vocabulary().get(finding)
    except LabelError:
        display, verified = finding, []
    else:
        display, verified = entry.display, [code for code in (entry.snomed, entry.radlex, entry.dicom) if code]
    own = {"system": SYSTEMS[codes.PRIVATE_SCHEME], "code": finding, "display": display}
    return {"coding": [*(_coding(code) for code in verified), own], "text": display}


def concept(code: Code) -> Resource:
    """CodeableConcept of one code."""
    return {"coding": [_coding(code)]}


def _coding(code: Code) -> Resource:
    return {"system": SYSTEMS[code.scheme], "code": code.value, "display": code.meaning}


def percent(share: float) -> Resource:
    """Value of a share.

    Example:
        >>> percent(0.123456789123)["valueQuantity"]["value"]
        12.3456789
    """
    return {"valueQuantity": {"value": float(f"{100 * share:.{DIGITS}g}"), "unit": "%", "system": UCUM, "code": "%"}}
