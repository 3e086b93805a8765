import json
import logging
import multiprocessing
import re
import socket
import stat
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from lucency.errors import ConfigError
from lucency.node.operations.audit import Auditor, auditor_of
from lucency.node.operations.audit_message import Subject
from lucency.node.settings import NodeSettings, node_settings

SUBJECT = Subject("1.2.3", "PID1", "Müller^Anna", (("1.2.840.10008.5.1.4.1.1.1", 1),))


def settings(audit: object, **more: Any) -> NodeSettings:
    values = {"bundle": "b", "state": "s", "pacs": "PACS@10.0.0.5:104", "aet": "CXRAI"} | more
    return node_settings(values if audit is None else values | {"audit": str(audit)})


def read(path: Path) -> list[ET.Element]:
    return [ET.fromstring(line) for line in path.read_bytes().splitlines()]


def code(message: ET.Element, where: str) -> str:
    return message.find(where).attrib["csd-code"]


def test_a_day_of_a_node(tmp_path: Path) -> None:
    path = tmp_path / "audit" / "trail.xml"
    auditor = auditor_of(settings(path))
    auditor.application(started=True)
    auditor.received(SUBJECT, sender="CR1", host="10.0.0.9")
    auditor.sent(SUBJECT)
    auditor.sent(SUBJECT, successful=False)
    auditor.rejected(host="10.0.0.66", title="STRANGER")
    auditor.application(started=False)
    messages = read(path)
    events = [code(message, "EventIdentification/EventID") for message in messages]
    assert events == ["110100", "110104", "110104", "110104", "110113", "110100"]
    outcomes = [message.find("EventIdentification").attrib["EventOutcomeIndicator"] for message in messages]
    assert outcomes == ["0", "0", "0", "4", "4", "0"]
    assert code(messages[0], "EventIdentification/EventTypeCode") == "110120"
    assert code(messages[-1], "EventIdentification/EventTypeCode") == "110121"
    assert code(messages[4], "EventIdentification/EventTypeCode") == "110126"
    assert {m.find("AuditSourceIdentification").attrib["AuditSourceID"] for m in messages} == {"CXRAI"}
    source, destination = messages[1].findall("ActiveParticipant")
    assert (source.attrib["UserID"], source.attrib["UserIsRequestor"]) == ("CR1", "true")
    assert destination.attrib["AlternativeUserID"] == "AETITLES=CXRAI"
    source, destination = messages[2].findall("ActiveParticipant")
    assert source.attrib["AlternativeUserID"] == "AETITLES=CXRAI"
    assert destination.attrib["NetworkAccessPointID"] == "10.0.0.5"


def test_a_dicomweb_pacs_is_named_by_its_address(tmp_path: Path) -> None:
    auditor_of(settings(tmp_path / "a", pacs="https://pacs.local:8443/dicom-web")).sent(SUBJECT)
    destination = read(tmp_path / "a")[0].findall("ActiveParticipant")[1]
    assert destination.attrib["UserID"] == "https://pacs.local:8443/dicom-web"
    assert destination.attrib["NetworkAccessPointID"] == "pacs.local"


def test_only_its_owner_reads_the_trail(tmp_path: Path) -> None:
    auditor_of(settings(tmp_path / "a"))
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


def test_a_trail_that_was_moved_away_begins_again(tmp_path: Path) -> None:
    auditor = auditor_of(settings(tmp_path / "a"))
    auditor.application(started=True)
    (tmp_path / "a").rename(tmp_path / "a.1")
    auditor.application(started=False)
    assert len(read(tmp_path / "a")) == len(read(tmp_path / "a.1")) == 1


def _report(path: Path, name: str) -> None:
    auditor = auditor_of(settings(path))
    for _ in range(100):
        auditor.received(Subject("1.2.3", name, name * 300, (("1.2", 1),)), sender="CR1")


def test_lines_of_several_processes_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "a"
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_report, args=(path, name)) for name in "ABC"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert len(read(path)) == 300


def test_syslog(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        auditor_of(settings(f"udp://127.0.0.1:{server.getsockname()[1]}")).received(SUBJECT, sender="CR1")
        datagram = server.recv(65_536)
    header, _, message = datagram.partition(b"\xef\xbb\xbf")
    # RFC 5424: PRI VERSION TIMESTAMP HOSTNAME APP-NAME PROCID MSGID STRUCTURED-DATA
    pattern = rb"<85>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00 [!-~]{1,255} lucency \d+ DICOM\+RFC3881 - "
    assert re.fullmatch(pattern, header)
    patient = ET.fromstring(message).findall("ParticipantObjectIdentification")[1]
    assert patient.find("ParticipantObjectName").text == SUBJECT.patient_name
    assert not caplog.records


def test_a_syslog_server_that_is_gone_hurts_nobody() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    auditor = auditor_of(settings(f"udp://127.0.0.1:{port}"))
    for _ in range(10):
        auditor.received(SUBJECT, sender="CR1")


def test_a_failing_trail_is_told_once_until_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    class Trail:
        full = True
        taken = 0

        def write(self, message: bytes) -> None:
            if self.full:
                raise OSError(28, "No space left on device")
            self.taken += 1

    trail = Trail()
    auditor = Auditor(settings(None), trail)
    with caplog.at_level(logging.INFO, "lucency.node"):
        for trail.full in (True, True, False, True):
            auditor.application(started=True)
    assert [record.msg for record in caplog.records] == ["audit_failed"] * 2
    assert trail.taken == 1


def test_without_audit_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    auditor = auditor_of(settings(None))
    auditor.application(started=True)
    auditor.rejected(host="10.0.0.1")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("audit", "reason"),
    [
        ("tcp://10.0.0.1:514", "write one of them"),
        ("udp://10.0.0.1", "write one of them"),
        ("udp://10.0.0.1:99999", "write one of them"),
        ("udp://no-such-host.invalid:514", "give its address"),
        ("/proc/none/trail.xml", "give another file"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(audit: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as caught:
        auditor_of(settings(audit))
    assert "\n" not in str(caught.value)
    assert json.dumps(str(caught.value)).startswith('"audit: ')


def test_the_password_of_a_dicomweb_service_is_in_no_trail(tmp_path: Path) -> None:
    path = tmp_path / "trail.xml"
    auditor_of(settings(path, pacs="https://user:secret@pacs.example:8443/dicom-web")).sent(SUBJECT)
    (message,) = read(path)
    assert "secret" not in path.read_text()
    assert "https://pacs.example:8443/dicom-web" in {each.get("UserID") for each in message.iter("ActiveParticipant")}
