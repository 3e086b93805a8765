"""Pulling from Orthanc and other services."""

import time
from datetime import date, timedelta
from pathlib import Path

import pytest
from pydicom import uid

from lucency.node.intake import puller
from lucency.node.jobs import Kind
from node.delivery.results import data_set, write_object
from node.delivery.web_service import web_service
from node.intake.door import Door
from node.intake.image_service import TODAY, FaultyService, puller_of, radiograph
from node.orthanc import Orthanc
from node.ports import free_port, wait_until

CR = uid.ComputedRadiographyImageStorage


def test_radiographs_of_the_last_days_come_from_orthanc_byte_by_byte_and_once(tmp_path: Path) -> None:
    old = f"{date.today() - timedelta(days=3):%Y%m%d}"
    wanted = [
        radiograph(tmp_path / "latin.dcm", SpecificCharacterSet="ISO_IR 100", PatientName="Müller^Jürgen"),
        radiograph(tmp_path / "utf8.dcm", SpecificCharacterSet="ISO_IR 192", PatientName="Wang^XiaoDong=王^小东"),
        radiograph(
            tmp_path / "japanese.dcm",
            SpecificCharacterSet=["", "ISO 2022 IR 87"],
            PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう",
            Modality="DX",
        ),
        radiograph(tmp_path / "deflated.dcm", syntax=uid.DeflatedExplicitVRLittleEndian),
        radiograph(tmp_path / "implicit.dcm", syntax=uid.ImplicitVRLittleEndian),
    ]
    others = [
        radiograph(tmp_path / "old.dcm", StudyDate=old),
        write_object(tmp_path / "ct.dcm", sop_class=uid.CTImageStorage, Modality="CT", StudyDate=TODAY),
        radiograph(tmp_path / "undated.dcm", StudyDate=""),
    ]
    with Orthanc(tmp_path / "orthanc", dicomweb=True) as server:
        for file in wanted + others:
            server.put(file)
        door = Door(tmp_path, pull=server.web, pull_days=2, pull_s=0.2)
        part = puller_of(door)
        assert part.pull() == len(wanted)
        assert part.pull() == 0
        assert sorted(map(data_set, door.objects())) == sorted(map(data_set, wanted))
        assert {job.sender for job in door.jobs()} == {"dicomweb"}
        part.start()
        late = radiograph(tmp_path / "late.dcm")
        server.put(late)
        wait_until(lambda: len(door.jobs()) == len(wanted) + 1, 20, "the late one")
        part.stop()
    assert data_set(door.objects()[-1]) == data_set(late)
    assert door.incoming() == []


@pytest.mark.parametrize("page", [1000, 3])
def test_all_pages_are_asked_for_even_of_a_service_with_small_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(puller, "PAGE", 5)
    files = [radiograph(tmp_path / f"{i}.dcm") for i in range(12)]
    with web_service(FaultyService(files, page)) as service:
        door = Door(tmp_path, pull=f"{service.url}/dicom-web")
        assert puller_of(door).pull() == 12
    assert sorted(door.objects()) == sorted(file.read_bytes() for file in files)
    retrievals = [request for request in service.requests if "/series/" in request.path]
    assert len(retrievals) == 12
    assert "transfer-syntax=*" in retrievals[0].headers["Accept"]


def test_a_full_node_asks_for_nothing_and_goes_on_when_there_is_room(tmp_path: Path) -> None:
    faulty = FaultyService([radiograph(tmp_path / f"{i}.dcm") for i in range(5)])
    with web_service(faulty) as service:
        part = puller_of(door := Door(tmp_path, pull=service.url, max_queue=2))
        assert part.pull() == 2
        assert len([request for request in service.requests if "/series/" in request.path]) == 2
        for job in door.queue.claim("work", "test", 60, 10):
            door.queue.dead(job, Kind.UNREADABLE, "done")
        wait_until(lambda: door.intake.refusal() is None, 5, "room")
        assert part.pull() == 2


def test_the_thread_outlives_a_service_that_is_away_and_stops_at_once(tmp_path: Path) -> None:
    port = free_port()
    file = radiograph(tmp_path / "a.dcm")
    door = Door(tmp_path, pull=f"http://127.0.0.1:{port}", pull_s=0.05, retry_base=0.05, retry_cap=0.1)
    part = puller_of(door)
    part.start()
    time.sleep(0.3)
    with web_service(FaultyService([file]), port):
        wait_until(door.jobs, 10, "pulled")
    started = time.monotonic()
    part.stop()
    assert time.monotonic() - started < 3
    assert door.objects() == [file.read_bytes()]
