"""FHIR documents: valid by fhir.resources, readable without us, the same every time, and no more of the patient."""

import json
import re

import pytest
from fhir.resources.R4B.bundle import Bundle

from lucency.errors import LucencyError
from lucency.labels import vocabulary
from lucency.results.fhir import FhirReports, diagnostic_report
from lucency.results.fhir_elements import SYSTEMS
from lucency.results.model_identity import ModelIdentity
from lucency.results.schema import NOTICE, FindingResult, GuardResult, ImageResult

MODEL = ModelIdentity(name="bundle", version="1.2.0", findings=("effusion", "hernia", "own"), weights_sha256="0a")
FINDINGS = (
    FindingResult(
        finding="effusion",
        probability=0.123456789,
        raw_probability=0.61,
        calibration="platt",
        decision="present",
        threshold=0.1,
        operating_point="sensitivity 0.95",
    ),
    FindingResult(finding="hernia", probability=3e-7, raw_probability=3e-7, decision="absent", threshold=1.0),
    FindingResult(finding="own", probability=1.0, raw_probability=0.999),
)
IDENTIFIERS = {
    "patient_id": "Müller 7",
    "accession_number": "A-1",
    "study_instance_uid": "1.2.3.4",
    "series_instance_uid": "1.2.3.4.5",
    "sop_instance_uid": "1.2.3.4.5.6",
    "modality": "DX",
    "view": "PA",
}
DICOM = ImageResult(file="a/b.dcm", status="ok", identifiers=IDENTIFIERS, findings=FINDINGS)
PNG = ImageResult(file="c.png", status="ok", identifiers=dict.fromkeys(IDENTIFIERS, ""), findings=FINDINGS)
R4 = {  # elements that HL7 FHIR 4.0.1 defines (R4B, which fhir.resources knows, took none away and renamed none here)
    "Bundle": {"resourceType", "id", "type", "entry"},
    "DiagnosticReport": {
        "resourceType", "id", "identifier", "basedOn", "status", "category", "code", "subject", "effectiveDateTime",
        "issued", "performer", "result", "imagingStudy", "media", "conclusion", "conclusionCode", "presentedForm",
    },
    "Observation": {
        "resourceType", "id", "identifier", "basedOn", "status", "category", "code", "subject", "effectiveDateTime",
        "valueCodeableConcept", "interpretation", "note", "method", "device", "derivedFrom", "component",
    },
    "Device": {
        "resourceType", "id", "identifier", "status", "manufacturer", "serialNumber", "deviceName", "modelNumber",
        "type", "version", "note",
    },
}  # fmt: skip
TARGETS = {  # resources that R4 lets these elements refer to, as far as they are used
    "subject": {"Patient"},
    "basedOn": {"ServiceRequest"},
    "imagingStudy": {"ImagingStudy"},
    "derivedFrom": {"ImagingStudy", "Media"},
    "result": {"Observation"},
    "device": {"Device"},
}


def resources(document, kind):
    return [entry["resource"] for entry in document["entry"] if entry["resource"]["resourceType"] == kind]


def parsed(document):
    return Bundle.model_validate_json(json.dumps(document))


def component(observation, code):
    found = [c for c in observation.component if c.code.coding[0].code == code]
    return found[0] if found else None


@pytest.mark.parametrize("result", [DICOM, PNG], ids=["dicom", "png"])
def test_values_read_back_by_another_library_are_those_written(result):
    observations = [e.resource for e in parsed(diagnostic_report(result, MODEL)).entry][1:-1]
    assert len(observations) == len(FINDINGS)
    for observation, finding in zip(observations, FINDINGS, strict=True):
        for code, share in (
            ("111012", finding.probability),
            ("raw_probability", finding.raw_probability),
            ("threshold", finding.threshold),
        ):
            part = component(observation, code)
            assert (part is None) == (share is None)
            if part:
                quantity = part.valueQuantity
                assert (quantity.code, quantity.system) == ("%", "http://unitsofmeasure.org")
                assert float(quantity.value) / 100 == pytest.approx(share, rel=1e-9)
        assert component(observation, "calibration").valueString == finding.calibration
        presence, point = component(observation, "121052"), component(observation, "111081")
        codes = {"present": "52101004", "absent": "272519000"}
        assert (presence and presence.valueCodeableConcept.coding[0].code) == codes.get(finding.decision)
        assert (point and point.valueString) == finding.operating_point
        assert observation.code.coding[-1].code == finding.finding


@pytest.mark.parametrize("result", [DICOM, PNG], ids=["dicom", "png"])
def test_only_elements_of_r4_are_used_and_references_lead_to_what_they_may(result):
    document = diagnostic_report(result, MODEL)
    parsed(document)
    assert set(document) <= R4["Bundle"]
    urls = {entry["fullUrl"]: entry["resource"]["resourceType"] for entry in document["entry"]}
    assert len(urls) == len(document["entry"]) == len(FINDINGS) + 2
    for entry in document["entry"]:
        resource = entry["resource"]
        assert entry["fullUrl"] == f"urn:uuid:{resource['id']}"
        assert re.fullmatch(r"[A-Za-z0-9\-.]{1,64}", resource["id"])
        assert set(resource) <= R4[resource["resourceType"]]
        for element, allowed in TARGETS.items():
            references = resource.get(element, [])
            for reference in references if isinstance(references, list) else [references]:
                assert (urls[reference["reference"]] if "reference" in reference else reference["type"]) in allowed


def test_status_notice_and_model_are_said():
    document = diagnostic_report(DICOM, MODEL)
    (report,), (device,) = resources(document, "DiagnosticReport"), resources(document, "Device")
    assert report["conclusion"] == f"{NOTICE}\nCalled present: Pleural effusion (2 of 3 decided)."
    assert {r["status"] for r in [report, *resources(document, "Observation")]} == {"preliminary"}
    assert device["deviceName"][0]["name"] == "bundle"
    versions = {version["type"]["text"]: version["value"] for version in device["version"]}
    assert versions == {"bundle": "1.2.0", "fingerprint": MODEL.fingerprint}
    warned = DICOM.model_copy(update={"guard": GuardResult(outcome="warning", reasons=("no ViewPosition",))})
    (report,) = resources(diagnostic_report(warned, MODEL), "DiagnosticReport")
    assert report["conclusion"].endswith("\nInput guard: no ViewPosition.")


def test_patient_order_study_and_image_are_referred_to_by_their_identifiers():
    document = diagnostic_report(DICOM, MODEL)
    (report,) = resources(document, "DiagnosticReport")
    study = {"type": "ImagingStudy", "identifier": {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3.4"}}
    image = {"type": "Media", "identifier": {"system": "urn:dicom:uid", "value": "urn:oid:1.2.3.4.5.6"}}
    assert report["subject"] == {"type": "Patient", "identifier": {"value": "Müller 7"}}
    assert report["basedOn"][0]["identifier"]["value"] == "A-1"
    assert report["imagingStudy"] == [study]
    for observation in resources(document, "Observation"):
        assert observation["subject"] == report["subject"]
        assert observation["derivedFrom"] == [study, image]


def test_what_is_unknown_or_invalid_is_left_out():
    broken = {
        "patient_id": " \x00\n",
        "study_instance_uid": "no uid",
        "sop_instance_uid": "1.2.",
        "accession_number": "",
    }
    for result in (PNG, DICOM.model_copy(update={"identifiers": broken}), DICOM.model_copy(update={"identifiers": {}})):
        document = diagnostic_report(result, MODEL)
        parsed(document)
        (report,) = resources(document, "DiagnosticReport")
        assert not {"subject", "basedOn", "imagingStudy"} & set(report)
        assert all("derivedFrom" not in observation for observation in resources(document, "Observation"))


def test_no_more_of_the_patient_than_the_identifiers_needed():
    more = {"patient_name": "Doe^Jane", "patient_birth_date": "19700101", "patient_sex": "F"}
    one = diagnostic_report(DICOM, MODEL)
    other = diagnostic_report(DICOM.model_copy(update={"identifiers": IDENTIFIERS | more}), MODEL)
    assert one == other


def test_codes_are_those_of_the_vocabulary_and_ours():
    result = ImageResult(
        file="a.png",
        status="ok",
        findings=tuple(FindingResult(finding=id_, probability=0.5, raw_probability=0.5) for id_ in vocabulary().ids),
    )
    document = diagnostic_report(result, MODEL)
    parsed(document)
    for entry, observation in zip(vocabulary(), resources(document, "Observation"), strict=True):
        codings = [(coding["system"], coding["code"]) for coding in observation["code"]["coding"]]
        verified = [(SYSTEMS[c.scheme], c.value) for c in (entry.snomed, entry.radlex, entry.dicom) if c]
        assert codings == [*verified, (SYSTEMS["99LUCENCY"], entry.id)]
        assert observation["code"]["text"] == entry.display
    assert SYSTEMS["SCT"] == "http://snomed.info/sct"


def test_ids_follow_from_image_and_model_and_from_nothing_else():
    def ids(result, model=MODEL):
        return [entry["resource"]["id"] for entry in diagnostic_report(result, model)["entry"]]

    moved = DICOM.model_copy(update={"file": "elsewhere.dcm", "findings": FINDINGS[::-1]})
    assert sorted(ids(moved)) == sorted(ids(DICOM))
    other_image = DICOM.model_copy(update={"identifiers": IDENTIFIERS | {"sop_instance_uid": "1.2.3.4.5.7"}})
    other_model = MODEL.model_copy(update={"weights_sha256": "0b"})
    device = ids(DICOM)[-1]
    assert set(ids(other_image)) & set(ids(DICOM)) == {device}
    assert not set(ids(DICOM, other_model)) & set(ids(DICOM))
    other_png = PNG.model_copy(
        update={"findings": (*FINDINGS[:2], FINDINGS[2].model_copy(update={"probability": 0.9}))}
    )
    assert set(ids(other_png)) & set(ids(PNG)) == {device}


def test_the_file_has_the_images_name_and_the_same_bytes_every_time(tmp_path):
    reports = FhirReports(folder=tmp_path, model=MODEL)
    reports.write(DICOM)
    file = tmp_path / "a" / "b.dcm.json"
    first = file.read_bytes()
    assert json.loads(first) == diagnostic_report(DICOM, MODEL)
    assert "Müller 7" in first.decode()
    reports.write(DICOM.model_copy(update={"notes": ("heat map failed",)}))
    assert file.read_bytes() == first


@pytest.mark.parametrize("status", ["refused", "failed", "skipped", "ok"])
def test_an_image_without_an_answer_has_no_report(status, tmp_path):
    result = ImageResult(file="a.dcm", status=status)
    with pytest.raises(LucencyError, match=rf"a\.dcm: has no answer to report \(status {status}\); predictions"):
        FhirReports(folder=tmp_path, model=MODEL).write(result)
    assert not list(tmp_path.iterdir())
