"""The courier while the PACS, the queue or a folder is away."""

import multiprocessing
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from lucency.node.delivery import c_store, courier, parcel, process
from lucency.node.delivery.destination import destination_of
from lucency.node.delivery.parcel import Parcel
from lucency.node.intake.part10 import Identity, read_identity
from lucency.node.jobs import Job, Kind, State
from lucency.node.settings import NodeSettings
from node.delivery.pacs import pacs
from node.delivery.results import Results, data_set
from node.orthanc import Orthanc
from node.ports import free_port, wait_until


def test_results_wait_while_the_pacs_is_away_and_go_when_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    results = Results(tmp_path, f"PACS@127.0.0.1:{port}", attempts=1)
    jobs = [results.add() for _ in range(3)]
    with results.courier() as said:
        wait_until(lambda: ("pacs", "unreachable") in said, 10, "noticed")
        time.sleep(0.5)
        assert results.states() == [State.BUILT] * 3
        assert {results.get(job).attempts for job in jobs} <= {0, 1}  # 1 while a lease is held
        with pacs(port=port) as peer:
            wait_until(lambda: results.all_sent(), 10, "sent")
    assert peer.uids() == [f"1.2.3.{job.id}.1" for job in jobs]
    assert said == [("ready", {}), ("pacs", "unreachable"), ("pacs", "ok")]


def test_a_busy_pacs_is_an_outage_and_no_attempt(tmp_path: Path) -> None:
    with pacs(lambda event, number: 0xA700 if number <= 6 else 0) as peer:
        results = Results(tmp_path, peer.address, attempts=2)
        results.add()
        with results.courier() as said:
            wait_until(lambda: results.all_sent(), 15, "sent")
    assert len({content for _, content in peer.received}) == 1
    assert len(peer.received) == 7
    assert [content for subject, content in said if subject == "pacs"] == ["unreachable", "ok"]


def test_an_object_at_which_the_pacs_falls_holds_up_no_other(tmp_path: Path) -> None:
    def fall(event: Any, number: int) -> int:
        if event.request.AffectedSOPInstanceUID == "1.2.3.1.1":
            event.assoc.abort()
        return 0

    with pacs(fall) as peer:
        results = Results(tmp_path, peer.address)
        for _ in range(20):
            results.add()
        with results.courier():
            wait_until(lambda: results.states()[1:] == [State.SENT] * 19, 20, "others sent")
            assert results.states()[0] is State.BUILT
    job = results.queue.jobs()[-1]
    assert (job.state, job.kind) == (State.BUILT, Kind.PACS_UNREACHABLE)


def test_an_answer_that_is_lost_makes_the_courier_send_the_same_bytes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(c_store, "ANSWER_S", 0.3)
    with pacs(lambda event, number: int(number == 1 and peer.released.wait(1))) as peer:
        results = Results(tmp_path, peer.address)
        job = results.add()
        with results.courier():
            wait_until(lambda: results.all_sent(), 15, "sent")
    assert len(peer.received) == 2
    assert {content for _, content in peer.received} == {data_set(results.files(job)[0])}


def test_results_that_the_pacs_never_took_are_given_up(tmp_path: Path) -> None:
    results = Results(tmp_path, f"PACS@127.0.0.1:{free_port()}", give_up_h=0.5 / 3600)
    job = results.add()
    with results.courier():
        wait_until(lambda: results.states() == [State.DEAD], 10, "given up")
    assert results.get(job).kind is Kind.PACS_UNREACHABLE


def test_a_fhir_folder_that_cannot_be_written_makes_results_wait(tmp_path: Path) -> None:
    folder = tmp_path / "fhir"
    folder.write_text("a file is in the way")
    with pacs() as peer:
        results = Results(tmp_path / "state", peer.address, fhir=folder, attempts=1)
        job = results.add(document="d")
        with results.courier():
            wait_until(lambda: results.get(job).kind is Kind.NODE_FAILURE, 10, "waits")
            assert results.get(job).state is State.BUILT
            folder.unlink()
            wait_until(lambda: results.all_sent(), 10, "sent")
    assert (folder / "d.json").is_file()


def test_a_queue_that_is_away_is_waited_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pacs() as peer:
        results = Results(tmp_path, peer.address)
        results.add()
        claim, failures = results.queue.claim, [OSError("away"), RuntimeError("away")]

        def flaky(*arguments: Any, **options: Any) -> Any:
            if failures:
                raise failures.pop()
            return claim(*arguments, **options)

        monkeypatch.setattr(results.queue, "claim", flaky)
        with results.courier():
            wait_until(lambda: results.all_sent(), 10, "sent")
    assert len(peer.received) == 1


def test_orthanc_gets_every_result_once_though_it_is_restarted(tmp_path: Path) -> None:
    with Orthanc(tmp_path / "orthanc") as server:
        results = Results(tmp_path / "state", server.address)
        jobs = [results.add(SpecificCharacterSet="ISO 2022 IR 100", PatientName="Müller^Jürgen")]
        with results.courier() as said:
            wait_until(lambda: results.all_sent(), 15, "sent")
            server.stop()
            jobs += [results.add() for _ in range(3)]
            wait_until(lambda: said[-1] == ("pacs", "unreachable"), 15, "noticed")
            server.start()
            wait_until(lambda: results.all_sent(), 15, "sent")
        assert server.sop_instance_uids() == sorted(f"1.2.3.{job.id}.1" for job in jobs)
        stored = {data_set(server.file(instance)) for instance in server.instances()}
        assert stored == {data_set(file) for job in jobs for file in results.files(job)}


def test_while_the_storage_is_away_results_wait(tmp_path: Path) -> None:
    with pacs() as peer:
        results = Results(tmp_path, peer.address)
        for _ in range(20):
            results.add()
        away = results.storage.root.with_name("away")
        results.storage.root.rename(away)
        with results.courier():
            time.sleep(1)
            assert set(results.states()) == {State.BUILT}
            away.rename(results.storage.root)
            wait_until(lambda: results.all_sent(), 15, "sent")
    assert len(peer.uids()) == 20


def test_a_result_that_cannot_be_read_waits_and_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(path: Path) -> Identity:
        if bad and path == bad[0]:
            raise OSError(5, "Input/output error")
        return read_identity(path)

    bad: list[Path] = []
    monkeypatch.setattr(parcel, "read_identity", read)
    with pacs() as peer:
        results = Results(tmp_path, peer.address)
        first, _ = results.add(), results.add()
        bad.extend(results.files(first))
        with results.courier():
            wait_until(lambda: results.states() == [State.BUILT, State.SENT], 10, "sent")
            bad.clear()
            wait_until(lambda: results.all_sent(), 10, "sent")


def test_a_courier_that_hangs_is_ended(tmp_path: Path) -> None:
    results = Results(tmp_path, "PACS@127.0.0.1:1")
    job = results.add()
    child = multiprocessing.get_context("fork").Process(target=hang, args=(results.settings,))
    child.start()
    child.join(60)
    try:
        assert child.exitcode == -signal.SIGALRM
    finally:
        child.kill()
    assert results.queue.release("test/courier") == 1
    assert results.get(job).state is State.BUILT


def hang(settings: NodeSettings) -> None:
    """Be a courier whose PACS is a black hole."""

    class BlackHole:
        def session(self, files: object) -> Any:
            time.sleep(300)

    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # as in a process that no test runner was forked from
    courier.HANG_S = 1
    process.destination_of = lambda settings: BlackHole()  # type: ignore[assignment,return-value]
    _ours, theirs = multiprocessing.Pipe()
    process.deliver(settings, "test/courier", theirs)


def test_a_pacs_that_is_slower_than_we_wait_gets_its_results_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(c_store, "ANSWER_S", 0.5)
    with pacs(lambda event, number: int(time.sleep(1.2) or 0)) as peer:
        results = Results(tmp_path, peer.address)
        for _ in range(2):
            results.add()
        with results.courier():
            wait_until(lambda: results.all_sent(), 30, "sent")


def test_a_courier_that_lost_its_lease_touches_no_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that was frozen with its machine, while a fellow of another node went on."""
    results = Results(tmp_path, "PACS@127.0.0.1:1")
    job = results.add()

    def lost(job: Job, root: Path) -> Parcel:
        results.queue.release("test/courier")
        assert results.queue.claim("delivery", "fellow/courier", 60)
        raise parcel.ParcelError("was not there for a moment")

    monkeypatch.setattr(courier, "packed", lost)
    slow = courier.Courier(
        results.settings,
        results.queue,
        destination_of(results.settings),
        "test/courier",
        multiprocessing.Pipe()[1],
        threading.Event(),
    )
    slow.round()
    assert (results.get(job).state, results.get(job).products) == (State.BUILT, job.products)
    assert all(file.is_file() for file in results.files(job))
