"""STOW-RS requests that are malformed, too long, or come when there is no room."""

from pathlib import Path

import pytest

from lucency.node.intake.stow import StowService
from node.intake.door import Door
from node.intake.stow_request import TYPE, body, failed, post, radiograph, stored


@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        (body(b"x"), "application/dicom", 415),
        (body(b"x"), "", 415),
        (body(b"x"), 'multipart/related; type="application/dicom+json"; boundary=b', 415),
        (body(b"x"), "multipart/form-data; boundary=b", 415),
        (body(b"x"), 'multipart/related; type="application/dicom"', 400),
        (b"", TYPE, 400),
        (b"--b--", TYPE, 400),
        (body(b"x")[:-3], TYPE, 400),
        (body(b"x"), "multipart/related; boundary=other", 400),
        (body(*[b""] * 1001), TYPE, 413),
    ],
)
def test_malformed_requests(door: Door, service: StowService, content: bytes, content_type: str, status: int) -> None:
    answered, headers, text = post(service, content, content_type)
    assert answered == status
    assert headers["Content-Type"].startswith("text/plain")
    assert text.count("\n") == 1
    assert door.jobs() == []


def test_whole_parts_of_a_truncated_body_are_taken_and_the_sender_is_asked_to_repeat(
    tmp_path: Path, door: Door, service: StowService
) -> None:
    files = [radiograph(tmp_path / f"{i}.dcm").read_bytes() for i in "ab"]
    assert post(service, body(*files)[:-50])[0] == 400
    assert door.objects() == files[:1]
    assert post(service, body(*files))[0] == 200
    assert door.objects() == files


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/studies/x", "POST", 404), ("/", "POST", 404), ("/studies", "GET", 405)]
)
def test_other_paths_and_methods(service: StowService, path: str, method: str, status: int) -> None:
    assert post(service, b"", path=path, REQUEST_METHOD=method)[0] == status


def test_a_body_over_the_limit_is_refused_whether_or_not_it_says_its_length(door: Door) -> None:
    service = StowService(door.intake, door.storage, max_body=1000)
    content = body(b"x" * 2000)
    assert post(service, content)[0] == 413
    assert post(service, content, CONTENT_LENGTH="")[0] == 413


def test_a_node_without_room_says_when_to_come_again(tmp_path: Path) -> None:
    door = Door(tmp_path, max_queue=2)
    service = StowService(door.intake, door.storage)
    files = [radiograph(tmp_path / f"{i}.dcm").read_bytes() for i in range(3)]
    status, _, module = post(service, body(*files))
    assert (status, len(stored(module)), [reason for _, reason in failed(module)]) == (202, 2, [0xA700])
    status, headers, _ = post(service, body(files[2]))
    assert status == 503
    assert int(headers["Retry-After"]) > 0
    assert len(door.jobs()) == 2


def test_a_disk_that_takes_nothing_is_no_fault_of_the_objects(
    tmp_path: Path, door: Door, service: StowService, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: object, received: Path) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("lucency.node.storage.Storage.keep", full)
    status, headers, module = post(service, body(radiograph(tmp_path / "a.dcm").read_bytes()))
    assert (status, [reason for _, reason in failed(module)]) == (503, [0xA700])
    assert "Retry-After" in headers
    assert door.jobs() == []
