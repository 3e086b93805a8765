"""Pulling from services that fail."""

import json
import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydicom import uid

from lucency.node.intake import puller, retrieval
from lucency.node.intake.puller import ServiceError
from node.delivery.web_service import Reply, web_service
from node.intake.door import Door
from node.intake.image_service import FaultyService, puller_of, radiograph

CR = uid.ComputedRadiographyImageStorage


def test_a_service_that_knows_no_pages_does_not_hold_the_puller_for_ever(tmp_path: Path) -> None:
    faulty = FaultyService([radiograph(tmp_path / "a.dcm")])
    faulty.search = faulty._rows({"StudyDate": ["x-"], "Modality": ["CR"], "offset": ["0"], "limit": ["100"]})
    with web_service(faulty) as service:
        assert puller_of(Door(tmp_path, pull=service.url)).pull() == 1


def test_an_instance_that_cannot_be_retrieved_costs_itself_and_is_tried_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    monkeypatch.setattr(puller, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(retrieval, "MAX_INSTANCE", 5000)
    files = [radiograph(tmp_path / f"{i}.dcm") for i in range(9)]
    faulty = FaultyService(files)
    whole = faulty.part(files[8].read_bytes())
    faults: list[Reply] = [
        (404, {}, b""),
        (500, {}, b""),
        (200, {"Content-Type": "text/html"}, b"<html>"),
        (whole[0], whole[1], whole[2][:-20]),
        faulty.part(b"no DICOM"),
        faulty.part(files[8].read_bytes()),
        faulty.part(b"x" * 6000),
        (200, whole[1], b"--b--"),
    ]
    faulty.faults = dict(zip(faulty.files, faults, strict=False))
    with web_service(faulty) as service, caplog.at_level(logging.INFO):
        door = Door(tmp_path, pull=service.url, pull_s=30)
        part = puller_of(door)
        assert part.pull() == 1
        asked = len(service.requests)
        assert part.pull() == 0
        assert len(service.requests) == asked + 3  # two pages and the other modality: nothing is retrieved at once
        faulty.faults.clear()
        now[0] += 29
        assert part.pull() == 0
        now[0] += 1
        assert part.pull() == 8
    assert sorted(door.objects()) == sorted(file.read_bytes() for file in files)
    assert door.incoming() == []
    kinds = [record.kind for record in caplog.records if record.message == "pull_failed"]  # type: ignore[attr-defined]
    assert kinds == ["not_retrieved"] * 2 + ["unreadable_answer"] * 6
    assert not any(uid_ in record.getMessage() for record in caplog.records for uid_ in faulty.files)


@pytest.mark.parametrize(
    "search",
    [
        (200, {}, b'[1, {"00080018": {}}]'),
        (500, {}, b""),
        (401, {}, b""),
        (200, {}, b"<html>"),
        (200, {}, b"[1, 2"),
        (0, {}, b""),
        (302, {"Location": "/"}, b""),
    ],
)
def test_a_service_that_gives_no_list_is_an_error_of_the_round(tmp_path: Path, search: Reply) -> None:
    faulty = FaultyService([])
    faulty.search = search
    with web_service(faulty) as service, pytest.raises(ServiceError, match=r"no list of instances|no instances"):
        puller_of(Door(tmp_path, pull=service.url)).pull()


def test_rows_that_name_no_instance_are_passed_over(tmp_path: Path) -> None:
    faulty = FaultyService([])
    row = {tag: {"vr": "UI", "Value": ["../../etc"]} for tag in ("0020000D", "0020000E", "00080018")}
    rows = [1, {}, {"0020000D": {}}, row]
    faulty.search = (200, {}, json.dumps(rows).encode())
    with web_service(faulty) as service:
        assert puller_of(Door(tmp_path, pull=service.url)).pull() == 0
    assert all("etc" not in request.path for request in service.requests)


def test_a_connection_that_breaks_ends_the_round_and_the_next_begins_with_others(tmp_path: Path) -> None:
    faulty = FaultyService([radiograph(tmp_path / f"{i}.dcm") for i in range(3)])
    faulty.faults[next(iter(faulty.files))] = (0, {}, b"")
    with web_service(faulty) as service:
        part = puller_of(door := Door(tmp_path, pull=service.url))
        with pytest.raises(ServiceError):
            part.pull()
        assert door.jobs() == []
        assert part.pull() == 2
