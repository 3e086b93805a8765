"""Headers with random bytes where values should be."""

import io

import pydicom
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom.dataset import FileMetaDataset

from lucency.errors import LucencyError
from lucency.results.source_header import source_header
from lucency.results.structured_report import read_structured_report, structured_report

TAGS = st.sampled_from([
    "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex", "PatientAge", "StudyDate",
    "StudyTime", "StudyID", "StudyDescription", "AccessionNumber", "ReferringPhysicianName", "InstanceNumber",
    "PatientOrientation", "ImagerPixelSpacing", "Modality", "Manufacturer", "SoftwareVersions", "ProcedureCodeSequence",
    "OtherPatientIDsSequence", "SpecificCharacterSet", "SOPClassUID", "StudyInstanceUID", "FrameOfReferenceUID", "Rows",
])  # fmt: skip
JUNK = st.binary(max_size=40) | st.sampled_from([b"\\\\", b"\\ISO 2022 IR 87", b"\x1b$B", b"1e9999", b"\xff" * 17])


@given(st.dictionaries(TAGS, st.tuples(st.sampled_from(["", "UN", "LO", "OB", "DS", "SQ"]), JUNK), max_size=5))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_junk_in_a_header_is_left_out_or_refused(radiograph, model, result, tmp_path, junk):
    result = result.model_copy(update={"findings": result.findings[:2]})
    dataset = pydicom.dcmread(radiograph())
    del dataset.PixelData
    path = tmp_path / "junk.dcm"
    elements = {element.tag: raw_element(element) for element in dataset}
    for keyword, (representation, value) in junk.items():
        tag = pydicom.tag.Tag(keyword)
        elements[tag] = raw(tag, representation or pydicom.datadict.dictionary_VR(tag), value)
    head = io.BytesIO()
    meta = FileMetaDataset(dataset.file_meta)
    pydicom.filewriter.write_file_meta_info(head, meta, enforce_standard=True)
    path.write_bytes(bytes(128) + b"DICM" + head.getvalue() + b"".join(elements[tag] for tag in sorted(elements)))
    try:
        report = structured_report(result, source_header(path), model)
    except LucencyError as error:
        refusal = str(error)
    else:
        report.save_as(tmp_path / "sr.dcm", enforce_file_format=True)
        read = read_structured_report(tmp_path / "sr.dcm").findings
        assert [(f.finding, f.decision) for f in read] == [(f.finding, f.decision) for f in result.findings]
        return
    assert len(refusal.splitlines()) == 1
    assert "highdicom" not in refusal  # what is wrong was found before highdicom stumbled over it


def raw_element(element):
    buffer = pydicom.filebase.DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    pydicom.filewriter.write_data_element(buffer, element)
    return buffer.getvalue()


def raw(tag, representation, value):
    """An element of explicit little endian with whatever bytes (PS3.5 7.1.2)."""
    value += b" " * (len(value) % 2)
    long = representation in ("OB", "UN", "SQ")
    length = (b"\0\0" + len(value).to_bytes(4, "little")) if long else len(value).to_bytes(2, "little")
    head = tag.group.to_bytes(2, "little") + tag.element.to_bytes(2, "little") + representation.encode()
    return head + length + value
