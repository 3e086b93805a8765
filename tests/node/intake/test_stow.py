"""STOW-RS as clients use it."""

import json
import threading
from pathlib import Path

import pytest
import requests
from dicomweb_client import DICOMwebClient
from pydicom import dcmread, uid
from waitress.server import create_server

from lucency.node.intake.stow import StowService
from lucency.node.jobs import Kind, State
from node.delivery.results import write_object
from node.intake.door import Door
from node.intake.stow_request import TYPE, body, failed, post, radiograph, stored


def test_objects_are_in_the_queue_byte_by_byte_when_the_answer_names_them(
    tmp_path: Path, door: Door, service: StowService
) -> None:
    files = [radiograph(tmp_path / f"{i}.dcm", PatientName="Müller", SpecificCharacterSet="ISO_IR 100") for i in "ab"]
    status, headers, module = post(service, body(*(file.read_bytes() for file in files)))
    assert (status, headers["Content-Type"]) == (200, "application/dicom+json")
    assert stored(module) == [job.sop_instance_uid for job in door.jobs()]
    assert "00081198" not in module
    assert door.objects() == [file.read_bytes() for file in files]
    assert {job.sender for job in door.jobs()} == {"dicomweb"}
    assert post(service, body(files[0].read_bytes()))[0] == 200  # again: no second job
    assert len(door.jobs()) == 2


def test_dicomweb_client_can_push(tmp_path: Path, door: Door, service: StowService) -> None:
    server = create_server(service, host="127.0.0.1", port=0, threads=2)
    threading.Thread(target=server.run, daemon=True).start()
    try:
        datasets = [dcmread(radiograph(tmp_path / f"{i}.dcm")) for i in range(3)]
        client = DICOMwebClient(f"http://127.0.0.1:{server.effective_port}")
        answer = client.store_instances(datasets)
        assert [item.ReferencedSOPInstanceUID for item in answer.ReferencedSOPSequence] == [
            dataset.SOPInstanceUID for dataset in datasets
        ]
        chunked = requests.post(
            f"http://127.0.0.1:{server.effective_port}/studies",
            data=iter([body(radiograph(tmp_path / "d.dcm").read_bytes())]),
            headers={"Content-Type": TYPE},
            timeout=10,
        )
        assert chunked.status_code == 200
    finally:
        server.close()
    assert len(door.jobs()) == 4


@pytest.mark.filterwarnings("ignore:Invalid value for VR UI")
def test_broken_parts_cost_themselves_alone(tmp_path: Path, door: Door, service: StowService) -> None:
    whole = radiograph(tmp_path / "a.dcm").read_bytes()
    no_uid = whole.replace(b"1.2.826.", b"SECRET^N")
    status, _, module = post(service, body(b"no DICOM", whole, b"", whole[:140], no_uid))
    assert status == 202
    assert stored(module) == [job.sop_instance_uid for job in door.jobs()]
    assert failed(module) == [("", 0xC000)] * 4
    assert "SECRET" not in json.dumps(module)
    status, _, module = post(service, body(b"no DICOM"))
    assert (status, failed(module)) == (409, [("", 0xC000)])


def test_a_request_for_a_study_takes_its_objects_alone(tmp_path: Path, door: Door, service: StowService) -> None:
    files = [radiograph(tmp_path / f"{i}.dcm", StudyInstanceUID=f"1.2.{i}") for i in (1, 2)]
    deflated = radiograph(
        tmp_path / "3.dcm", StudyInstanceUID="1.2.1", SOPInstanceUID="1.9", syntax=uid.DeflatedExplicitVRLittleEndian
    )
    status, _, module = post(service, body(*(file.read_bytes() for file in (*files, deflated))), path="/studies/1.2.1")
    assert status == 202
    assert stored(module) == [str(dcmread(files[0]).SOPInstanceUID)]
    assert failed(module) == [(str(dcmread(files[1]).SOPInstanceUID), 0x0110), ("1.9", 0xC000)]
    assert post(service, body(deflated.read_bytes()))[0] == 200


def test_an_object_that_cannot_be_a_radiograph_is_taken_and_skipped(
    tmp_path: Path, door: Door, service: StowService
) -> None:
    file = write_object(tmp_path / "ct.dcm", sop_class=uid.CTImageStorage)
    assert post(service, body(file.read_bytes()))[0] == 200
    ((state, kind),) = [(job.state, job.kind) for job in door.jobs()]
    assert (state, kind) == (State.SKIPPED, Kind.NOT_CANDIDATE)


def test_unquoted_and_folded_parameters_and_other_cases(tmp_path: Path, service: StowService) -> None:
    content = body(radiograph(tmp_path / "a.dcm").read_bytes())
    assert post(service, content, "Multipart/Related;type=application/dicom;BOUNDARY=b")[0] == 200
    assert post(service, content, 'multipart/related; boundary="b"; type="APPLICATION/DICOM"')[0] == 200
    wrong = body(b"{}", part_type="application/dicom+json")
    assert failed(post(service, wrong)[2]) == [("", 0xC000)]
