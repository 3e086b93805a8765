"""The courier between a real queue and a PACS."""

import multiprocessing
import os
import signal
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from lucency.node.delivery.process import deliver
from lucency.node.jobs import Kind, State
from node.delivery.pacs import pacs
from node.delivery.results import Results, data_set
from node.ports import wait_until


def test_every_result_goes_once_in_the_order_of_jobs_and_names(tmp_path: Path) -> None:
    with pacs() as peer:
        results = Results(tmp_path, peer.address)
        jobs = [results.add("2-heatmap.dcm", "1-report.dcm") for _ in range(20)]
        with results.courier() as said:
            wait_until(lambda: results.all_sent(), 15, "sent")
    assert peer.uids() == [f"1.2.3.{job.id}.{name}" for job in jobs for name in "12"]
    assert [content for _, content in peer.received] == [data_set(file) for job in jobs for file in results.files(job)]
    assert said == [("ready", {}), ("pacs", "ok")]
    assert len(peer.associations) == 2  # 16 jobs, then 4


@pytest.mark.parametrize("status", [0xA900, 0xC000, 0x0122])
def test_an_object_that_is_refused_is_dead_after_its_attempts_and_holds_up_no_other(
    tmp_path: Path, status: int
) -> None:
    with pacs(lambda event, number: status if event.request.AffectedSOPInstanceUID == "1.2.3.1.1" else 0) as peer:
        results = Results(tmp_path, peer.address, attempts=3)
        refused, taken = results.add(), results.add()
        with results.courier():
            wait_until(lambda: results.states() == [State.DEAD, State.SENT], 15, "ends")
    refused = results.get(refused)
    assert (refused.kind, refused.reason) == (Kind.REFUSED_BY_PACS, f"status {status:04X}")
    assert peer.uids().count("1.2.3.1.1") == 3
    assert peer.uids().count(f"1.2.3.{taken.id}.1") == 1


def test_a_duplicate_and_a_warning_are_taken(tmp_path: Path) -> None:
    with pacs(lambda event, number: (0x0111, 0xB007)[number % 2]) as peer:
        results = Results(tmp_path, peer.address)
        for _ in range(2):
            results.add()
        with results.courier():
            wait_until(lambda: results.all_sent(), 10, "sent")
    assert len(peer.received) == 2


def test_a_lost_or_damaged_result_is_the_nodes_failure_and_costs_its_own_job(tmp_path: Path) -> None:
    with pacs() as peer:
        results = Results(tmp_path, peer.address)
        lost, damaged, undocumented, whole = (results.add(document=name) for name in ("a", "b", "../c", "d"))
        results.files(lost)[0].unlink()
        results.files(damaged)[0].write_bytes(b"x" * 200)
        with results.courier():
            wait_until(lambda: State.BUILT not in results.states(), 10, "ends")
    assert results.states() == [State.DEAD] * 3 + [State.SENT]
    assert {results.get(job).kind for job in (lost, damaged, undocumented)} == {Kind.NODE_FAILURE}
    assert peer.uids() == [f"1.2.3.{whole.id}.1"]


def test_what_was_sent_is_not_kept_and_lost_results_are_made_anew(tmp_path: Path) -> None:
    with pacs() as peer:
        results = Results(tmp_path, peer.address)
        sent, lost = results.add(), results.add()
        for job in (sent, lost):
            (results.storage.root / job.path).write_bytes(b"radiograph")
        results.files(lost)[0].unlink()
        with results.courier():
            wait_until(lambda: results.states() == [State.SENT, State.DEAD], 10, "ends")
    assert results.get(sent).path == ""
    assert not (results.storage.root / sent.path).exists()
    assert results.queue.retry([lost.id]) == 1
    assert results.get(lost).state is State.QUEUED
    assert (results.storage.root / results.get(lost).path).exists()


def test_every_result_that_is_taken_or_refused_is_in_the_audit_trail(tmp_path: Path) -> None:
    trail = tmp_path / "audit.xml"
    with pacs(lambda event, number: 0xC000 if event.request.AffectedSOPInstanceUID == "1.2.3.1.1" else 0) as peer:
        results = Results(tmp_path, peer.address, attempts=1, audit=str(trail))
        results.add(PatientID="P-1", StudyInstanceUID="1.2.1")
        results.add(PatientID="P-2", StudyInstanceUID="1.2.2")
        with results.courier():
            wait_until(lambda: results.states() == [State.DEAD, State.SENT], 10, "ends")
    refused, taken = map(ElementTree.fromstring, trail.read_text().splitlines())
    for message, outcome, study, patient in ((refused, "4", "1.2.1", "P-1"), (taken, "0", "1.2.2", "P-2")):
        assert message.find("EventIdentification").attrib["EventOutcomeIndicator"] == outcome
        named = {each.attrib["ParticipantObjectID"] for each in message.iter("ParticipantObjectIdentification")}
        assert named == {study, patient}


def test_fhir_documents_lie_whole_in_their_folder_before_the_job_is_sent(tmp_path: Path) -> None:
    folder = tmp_path / "fhir"
    seen: list[bool] = []
    with pacs(lambda event, number: seen.append((folder / "document-1.json").is_file()) or 0) as peer:
        results = Results(tmp_path / "state", peer.address, fhir=folder)
        results.add(document="document-1")
        with results.courier():
            wait_until(lambda: results.all_sent(), 10, "sent")
    assert seen == [True]
    assert [file.name for file in folder.iterdir()] == ["document-1.json"]
    assert len(peer.received) == 1


def test_sigterm_finishes_the_file_on_its_way_and_leaves_no_lease(tmp_path: Path) -> None:
    with pacs(lambda event, number: int(time.sleep(0.4) or 0)) as peer:
        results = Results(tmp_path, peer.address)
        for _ in range(5):
            results.add()
        ours, theirs = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.get_context("spawn").Process(
            target=deliver, args=(results.settings, "test/courier", theirs)
        )
        process.start()
        try:
            wait_until(lambda: peer.received, 30, "begun")
            assert process.pid is not None
            os.kill(process.pid, signal.SIGTERM)
            process.join(10)
            assert process.exitcode == 0
        finally:
            process.kill()
    sent = results.states().count(State.SENT)
    assert sent == len(peer.received) < 5
    assert len(results.queue.claim("delivery", "another", 60, 10)) == 5 - sent
    assert ours.recv() == ("ready", {})


def test_a_courier_that_cannot_begin_says_why_in_one_line(tmp_path: Path) -> None:
    class Ear:
        said: list[Any] = []  # noqa: RUF012

        def send(self, message: Any) -> None:
            self.said.append(message)

    pems = dict.fromkeys(("tls_cert", "tls_key", "tls_ca"), tmp_path / "no.pem")
    settings = Results(tmp_path, "PACS@127.0.0.1:1", **pems).settings
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(SystemExit):
            deliver(settings, "test/courier", Ear())  # type: ignore[arg-type]
    finally:
        signal.signal(signal.SIGTERM, before)
    ((subject, line),) = Ear.said
    assert subject == "failed"
    assert "tls_cert" in line
    assert "\n" not in line
