"""DICOMweb both ways with Orthanc: images by STOW-RS and by asking the archive, results by STOW-RS."""

import datetime

import pytest
import requests
from pydicom import dcmread

from lucency.node.jobs import State
from node.objects import identity, study
from node.orthanc import Orthanc
from node.ports import wait_until
from node.promises.archive import report_bytes

TODAY = datetime.date.today().strftime("%Y%m%d")


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """An Orthanc of its own, for the node asks it for everything."""
    with Orthanc(tmp_path_factory.mktemp("archive"), dicomweb=True) as server:
        yield server


@pytest.fixture(scope="module")
def web_node(make_node, archive):
    """A node that knows nothing but DICOMweb."""
    return make_node(pacs=archive.web, pull=archive.web, pull_s=1, pull_days=2).start()


def stow(node, *contents):
    """Store by one request; status code and answer."""
    boundary = "lucency-test-boundary"
    parts = [
        f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode() + content + b"\r\n" for content in contents
    ]
    return requests.post(
        f"http://127.0.0.1:{node.http_port}/studies",
        data=b"".join(parts) + f"--{boundary}--\r\n".encode(),
        headers={
            "Content-Type": f'multipart/related; type="application/dicom"; boundary={boundary}',
            "Accept": "application/dicom+json",
        },
        timeout=30,
    )


def test_images_come_and_results_go_by_stow(web_node, archive, radiographs):
    images = [radiographs.frontal() for _ in range(2)]
    answer = stow(web_node, *(image.read_bytes() for image in images))
    assert answer.status_code == 200, answer.text
    stored = answer.json()["00081199"]["Value"]
    assert [one["00081155"]["Value"][0] for one in stored] == [identity(image) for image in images]
    assert {job.state for job in web_node.settled(*images)} == {State.SENT}
    assert [len(report_bytes(archive, study(image))) for image in images] == [1, 1]
    assert {job.sender for job in web_node.settled(*images)} == {"dicomweb"}


def test_a_broken_part_is_told_and_the_others_are_taken(web_node, radiographs):
    image = radiographs.frontal()
    answer = stow(web_node, b"no DICOM at all", image.read_bytes())
    assert answer.status_code in (200, 202), answer.text
    assert len(answer.json()["00081199"]["Value"]) == 1
    assert [job.state for job in web_node.settled(image)] == [State.SENT]


def test_dicomweb_client_can_store(web_node, archive, radiographs):
    client_of = pytest.importorskip("dicomweb_client", reason="dicomweb-client is not installed").DICOMwebClient
    image = radiographs.frontal()
    client_of(f"http://127.0.0.1:{web_node.http_port}").store_instances([dcmread(image)])
    assert [job.state for job in web_node.settled(image)] == [State.SENT]
    assert len(report_bytes(archive, study(image))) == 1


def test_images_of_the_archive_are_fetched_and_answered_once(web_node, archive, radiographs):
    images = [radiographs.frontal(StudyDate=TODAY) for _ in range(2)]
    for image in images:
        archive.put(image)
    wait_until(lambda: all(web_node.jobs_of(images).values()), 30, "the images are fetched")
    assert {job.state for job in web_node.settled(*images)} == {State.SENT}
    before = [report_bytes(archive, study(image)) for image in images]
    assert [len(found) for found in before] == [1, 1]
    import time

    time.sleep(3)  # the archive is asked again, and has our reports, too
    assert [report_bytes(archive, study(image)) for image in images] == before
    assert len(web_node.settled(*images)) == 2


def test_results_wait_for_an_archive_that_is_away(web_node, archive, radiographs):
    image = radiographs.frontal()
    archive.stop()
    assert stow(web_node, image.read_bytes()).status_code == 200
    wait_until(lambda: web_node.health()["pacs"] == "unreachable", 30, "the node has noticed")
    archive.start()
    assert [job.state for job in web_node.settled(image)] == [State.SENT]
    assert len(report_bytes(archive, study(image))) == 1
