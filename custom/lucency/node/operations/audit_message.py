"""DICOM audit messages (PS3.15 A.5): who handed which patient's objects to whom, in the XML that repositories read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Literal
from xml.etree import ElementTree as ET

Action = Literal["C", "R", "U", "D", "E"]
"""Create, read, update, delete, execute."""

Outcome = Literal["0", "4", "8", "12"]
"""Success, minor, serious and major failure (A.5.1)."""

SUCCESS: Outcome = "0"
MINOR_FAILURE: Outcome = "4"

_ILLEGAL = re.compile("[^\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_APPLICATION_SERVER = "4"  # Audit Source Type Code (A.5.1.2.1)
_NAME, _IP = "1", "2"  # Network Access Point Type Codes


@dataclass(frozen=True, slots=True)
class Code:
    """A coded value; `system` is ``DCM`` but for the identifiers that RFC 3881 brought along."""

    value: str
    meaning: str
    system: str = "DCM"


APPLICATION_ACTIVITY = Code("110100", "Application Activity")
INSTANCES_TRANSFERRED = Code("110104", "DICOM Instances Transferred")
SECURITY_ALERT = Code("110113", "Security Alert")
APPLICATION_START = Code("110120", "Application Start")
APPLICATION_STOP = Code("110121", "Application Stop")
NODE_AUTHENTICATION = Code("110126", "Node Authentication")
APPLICATION = Code("110150", "Application")
DESTINATION = Code("110152", "Destination Role ID")
SOURCE = Code("110153", "Source Role ID")
STUDY_UID = Code("110180", "Study Instance UID")
NODE_ID = Code("110182", "Node ID")
PATIENT_NUMBER = Code("2", "Patient Number", "RFC-3881")


@dataclass(frozen=True, slots=True)
class Participant:
    """A process that took part.

    Attributes:
        user: its name, or whatever it is known by.
        title: AE title, if it has one.
        host: address or machine name; empty if it is unknown.
        role: source or destination of objects, or the application itself.
        requestor: whether it began.
    """

    user: str
    title: str = ""
    host: str = ""
    role: Code | None = None
    requestor: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """The objects that were transferred: of one study and patient.

    Attributes:
        study_uid: Study Instance UID.
        patient_id: Patient ID.
        patient_name: as it is to be read, decoded.
        sop_classes: UID to number of instances.
    """

    study_uid: str
    patient_id: str
    patient_name: str
    sop_classes: tuple[tuple[str, int], ...]


def audit_message(
    event: Code,
    action: Action,
    participants: Sequence[Participant],
    source_id: str,
    *,
    kind: Code | None = None,
    outcome: Outcome = SUCCESS,
    subject: Subject | None = None,
    alert_about: str = "",
    time: datetime | None = None,
) -> bytes:
    """Write one message in the schema of A.5.1, without a line break in it.

    Args:
        event: Event ID.
        action: Event Action Code.
        participants: at least one.
        source_id: names the system that reports.
        kind: Event Type Code.
        outcome: of the event.
        subject: study, patient and SOP classes.
        alert_about: host that a security alert is about.
        time: when it happened, with its zone; now, unless given.

    Returns:
        UTF-8. Characters that XML cannot hold become U+FFFD.

    Example:
        >>> audit_message(APPLICATION_ACTIVITY, "E", [Participant("lucency")], "CXRAI")[:51]
        b'<AuditMessage><EventIdentification EventActionCode='
    """
    root = ET.Element("AuditMessage")
    moment = (time or datetime.now(UTC)).isoformat(timespec="milliseconds")
    what = _add(
        root,
        "EventIdentification",
        {"EventActionCode": action, "EventDateTime": moment, "EventOutcomeIndicator": outcome},
    )
    _add_code(what, "EventID", event)
    if kind is not None:
        _add_code(what, "EventTypeCode", kind)
    for participant in participants:
        _add_participant(root, participant)
    reporter = _add(root, "AuditSourceIdentification", {"AuditSourceID": source_id})
    _add(reporter, "AuditSourceTypeCode", {"csd-code": _APPLICATION_SERVER})
    if subject is not None:
        described = _add_object(root, subject.study_uid, "2", "3", STUDY_UID, "")
        details = _add(described, "ParticipantObjectDescription", {})
        for uid, count in subject.sop_classes:
            _add(details, "SOPClass", {"UID": uid, "NumberOfInstances": str(count)})
        _add_object(root, subject.patient_id, "1", "1", PATIENT_NUMBER, subject.patient_name)
    if alert_about:
        _add_object(root, alert_about, "2", "13", NODE_ID, "")
    message: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=False)
    return message


def _clean(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", " ".join(text.split()))


def _add(parent: ET.Element, name: str, attributes: dict[str, str]) -> ET.Element:
    return ET.SubElement(parent, name, {key: _clean(value) for key, value in attributes.items()})


def _add_code(parent: ET.Element, name: str, code: Code) -> None:
    _add(parent, name, {"csd-code": code.value, "codeSystemName": code.system, "originalText": code.meaning})


def _add_participant(root: ET.Element, participant: Participant) -> None:
    attributes = {"UserID": participant.user, "UserIsRequestor": str(participant.requestor).lower()}
    if participant.title:
        attributes["AlternativeUserID"] = f"AETITLES={participant.title}"
    if participant.host:
        kind = _IP if _is_ip(participant.host) else _NAME
        attributes |= {"NetworkAccessPointID": participant.host, "NetworkAccessPointTypeCode": kind}
    element = _add(root, "ActiveParticipant", attributes)
    if participant.role is not None:
        _add_code(element, "RoleIDCode", participant.role)


def _add_object(root: ET.Element, identifier: str, type_: str, role: str, code: Code, name: str) -> ET.Element:
    element = _add(
        root,
        "ParticipantObjectIdentification",
        {
            "ParticipantObjectID": identifier,
            "ParticipantObjectTypeCode": type_,
            "ParticipantObjectTypeCodeRole": role,
        },
    )
    _add_code(element, "ParticipantObjectIDTypeCode", code)
    ET.SubElement(element, "ParticipantObjectName").text = _clean(name)  # the schema asks for one, empty or not
    return element


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
