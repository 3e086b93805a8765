from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from lucency.node.operations import audit_message as am

SUBJECT = am.Subject("1.2.3", "PID<1>", "Müller^Jürgen=王^小东", (("1.2.840.10008.5.1.4.1.1.1", 2),))
ORDER = ["EventIdentification", "ActiveParticipant", "AuditSourceIdentification", "ParticipantObjectIdentification"]
ATTRIBUTES = {
    "AuditMessage": set(),
    "EventIdentification": {"EventActionCode", "EventDateTime", "EventOutcomeIndicator"},
    "ActiveParticipant": {
        "UserID",
        "AlternativeUserID",
        "UserIsRequestor",
        "NetworkAccessPointID",
        "NetworkAccessPointTypeCode",
    },
    "AuditSourceIdentification": {"AuditSourceID"},
    "AuditSourceTypeCode": {"csd-code"},
    "ParticipantObjectIdentification": {
        "ParticipantObjectID",
        "ParticipantObjectTypeCode",
        "ParticipantObjectTypeCodeRole",
    },
    "ParticipantObjectName": set(),
    "ParticipantObjectDescription": set(),
    "SOPClass": {"UID", "NumberOfInstances"},
}
CODED = {"EventID", "EventTypeCode", "RoleIDCode", "ParticipantObjectIDTypeCode"}


def transferred(**changes: object) -> bytes:
    values = {
        "event": am.INSTANCES_TRANSFERRED,
        "action": "C",
        "participants": [
            am.Participant("CR1", "CR1", "10.0.0.9", am.SOURCE, requestor=True),
            am.Participant("lucency-7", "CXRAI", "node.local", am.DESTINATION),
        ],
        "source_id": "CXRAI",
        "subject": SUBJECT,
        "time": datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC),
    }
    return am.audit_message(**(values | changes))  # type: ignore[arg-type]


def check_schema(root: ET.Element) -> None:
    """The parts of the schema of PS3.15 A.5.1 that the node's messages use: names, order, required attributes."""
    places = [ORDER.index(child.tag) for child in root]
    assert places == sorted(places)
    assert places.count(0) == 1
    assert places.count(1) >= 1
    assert places.count(2) == 1
    for element in root.iter():
        if element.tag in CODED:
            assert set(element.attrib) == {"csd-code", "codeSystemName", "originalText"}
        else:
            assert set(element.attrib) <= ATTRIBUTES[element.tag]
    what = root[0]
    assert {"EventDateTime", "EventOutcomeIndicator"} <= set(what.attrib)
    assert [child.tag for child in what] in (["EventID"], ["EventID", "EventTypeCode"])
    assert datetime.fromisoformat(what.attrib["EventDateTime"]).tzinfo is not None
    for participant in root.iter("ActiveParticipant"):
        assert participant.attrib["UserIsRequestor"] in ("true", "false")
    for thing in root.iter("ParticipantObjectIdentification"):
        assert [child.tag for child in thing][:2] == ["ParticipantObjectIDTypeCode", "ParticipantObjectName"]


def test_instances_transferred() -> None:
    root = ET.fromstring(transferred())
    check_schema(root)
    assert root.find("EventIdentification/EventID").attrib["csd-code"] == "110104"
    assert root.find("EventIdentification").attrib["EventDateTime"] == "2026-01-02T03:04:05.678+00:00"
    source, destination = root.findall("ActiveParticipant")
    assert source.find("RoleIDCode").attrib["csd-code"] == "110153"
    assert source.attrib["NetworkAccessPointTypeCode"] == "2"
    assert source.attrib["AlternativeUserID"] == "AETITLES=CR1"
    assert destination.find("RoleIDCode").attrib["csd-code"] == "110152"
    assert destination.attrib["NetworkAccessPointTypeCode"] == "1"
    study, patient = root.findall("ParticipantObjectIdentification")
    assert study.attrib == {
        "ParticipantObjectID": "1.2.3",
        "ParticipantObjectTypeCode": "2",
        "ParticipantObjectTypeCodeRole": "3",
    }
    sop_class = study.find("ParticipantObjectDescription/SOPClass")
    assert sop_class.attrib == {"UID": SUBJECT.sop_classes[0][0], "NumberOfInstances": "2"}
    assert patient.attrib["ParticipantObjectID"] == SUBJECT.patient_id
    assert patient.find("ParticipantObjectName").text == SUBJECT.patient_name
    assert patient.find("ParticipantObjectIDTypeCode").attrib["codeSystemName"] == "RFC-3881"


@pytest.mark.parametrize("kind", [am.APPLICATION_START, am.APPLICATION_STOP])
def test_application_activity(kind: am.Code) -> None:
    message = transferred(event=am.APPLICATION_ACTIVITY, action="E", kind=kind, subject=None)
    root = ET.fromstring(message)
    check_schema(root)
    assert root.find("EventIdentification/EventTypeCode").attrib["csd-code"] == kind.value
    assert root.find("ParticipantObjectIdentification") is None


def test_security_alert_names_the_host() -> None:
    message = transferred(event=am.SECURITY_ALERT, kind=am.NODE_AUTHENTICATION, subject=None, alert_about="10.0.0.66")
    root = ET.fromstring(message)
    check_schema(root)
    about = root.find("ParticipantObjectIdentification")
    assert about.attrib["ParticipantObjectID"] == "10.0.0.66"
    assert about.find("ParticipantObjectIDTypeCode").attrib["csd-code"] == "110182"


ODD = {
    "</ParticipantObjectName><Evil/>": "</ParticipantObjectName><Evil/>",
    "a\"b'c&d;&amp;<!--": "a\"b'c&d;&amp;<!--",
    "]]>": "]]>",
    "line\nbreak\r\n\ttab\x0bvertical": "line break tab vertical",
    "nul\x00 esc\x1b$B": "nul\ufffd esc\ufffd$B",
    "lone \ud800 surrogate \uffff": "lone \ufffd surrogate \ufffd",
    "\N{ZERO WIDTH JOINER}𝔘": "\N{ZERO WIDTH JOINER}𝔘",
    "": "",
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_names_stay_text(odd: str) -> None:
    subject = am.Subject(odd, odd, odd, ((odd, 1),))
    participant = am.Participant(odd, odd, odd, am.SOURCE)
    message = transferred(subject=subject, participants=[participant], alert_about=odd, source_id=odd)
    assert b"\n" not in message
    assert b"\r" not in message
    root = ET.fromstring(message)
    check_schema(root)
    study, patient = root.findall("ParticipantObjectIdentification")[:2]
    assert study.attrib["ParticipantObjectID"] == ODD[odd]
    assert (patient.find("ParticipantObjectName").text or "") == ODD[odd]
