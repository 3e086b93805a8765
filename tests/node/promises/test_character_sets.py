"""Names in any character set come back in the report as Unicode, as pydicom and dcmtk read the original."""

import shutil
import subprocess

import pytest
from pydicom import dcmread

from lucency.node.jobs import State
from node.objects import Radiographs, study, with_bytes
from node.promises.archive import reports
from node.promises.modality import TAKEN, Modality

NAMES = {
    "Western European": ("ISO_IR 100", "Müller^Jürgen"),
    "Central European": ("ISO_IR 101", "Wałęsa^Wacław"),
    "Cyrillic": ("ISO_IR 144", "Люкceмбypг^Роза"),
    "Greek": ("ISO_IR 126", "Διονυσιος^Σολωμος"),
    "Arabic": ("ISO_IR 127", "قباني^لنزار"),
    "Hebrew": ("ISO_IR 138", "שרון^דבורה"),
    "Thai": ("ISO_IR 166", "สมชาย^ใจดี"),
    "Japanese": (["", "ISO 2022 IR 87"], "Yamada^Tarou=山田^太郎=やまだ^たろう"),
    "Japanese, half width": (["ISO 2022 IR 13", "ISO 2022 IR 87"], "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう"),
    "Korean": (["", "ISO 2022 IR 149"], "Hong^Gildong=洪^吉洞=홍^길동"),
    "Chinese, GB18030": ("GB18030", "Wang^XiaoDong=王^小东"),
    "Chinese, GBK": ("GBK", "Wang^XiaoDong=王^小东"),
    "Unicode": ("ISO_IR 192", "Wang^XiaoDong=王^小東=Ωß€"),
}


@pytest.fixture(scope="module")
def answered(hospital, orthanc, chests, tmp_path_factory):
    """Image and report for each."""
    made = Radiographs(tmp_path_factory.mktemp("names"), chests)
    images = {}
    for language, (charset, name) in NAMES.items():
        elements = {"PatientName": name, "ReferringPhysicianName": name.split("=")[-1]}
        images[language] = made.frontal(SpecificCharacterSet=charset, StudyDescription=name.split("^")[0], **elements)
    assert Modality(hospital.port).send(*images.values()) == [TAKEN] * len(images)
    assert {job.state for job in hospital.settled(*images.values(), seconds=120)} == {State.SENT}
    found = {}
    for language, image in images.items():
        (found[language],) = reports(orthanc, study(image))
    return images, found


def test_seven_character_sets_and_more():
    assert len(NAMES) >= 7


@pytest.mark.parametrize("language", NAMES)
def test_patient_data_come_back_right(answered, language):
    images, found = answered
    report, (_, name) = found[language], NAMES[language]
    assert report.SpecificCharacterSet == "ISO_IR 192"
    assert str(report.PatientName) == name == str(dcmread(images[language]).PatientName)
    assert str(report.ReferringPhysicianName) == name.split("=")[-1]
    assert report.StudyDescription == name.split("^")[0]
    assert report.PatientID == dcmread(images[language]).PatientID


@pytest.mark.parametrize("language", NAMES)
def test_they_are_what_dcmtk_reads_in_the_original(answered, language):
    program = shutil.which("dcmdump", path="/usr/bin")
    if program is None:
        pytest.skip("dcmtk not found: no /usr/bin/dcmdump; apt-get install dcmtk")
    images, found = answered
    done = subprocess.run([program, "+U8", "+P", "PatientName", images[language]], capture_output=True, check=False)
    if b"not supported by the utilized character set conversion library" in done.stderr:
        pytest.skip(f"this dcmtk does not know {NAMES[language][0]}, which depends on how it was built")
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode()
    assert f"[{found[language].PatientName}" in said


def test_bytes_without_a_character_set_cost_the_name_and_not_the_report(hospital, orthanc, radiographs):
    image = with_bytes(radiographs.frontal(SpecificCharacterSet=None), "PatientName", "Müller^Jürgen".encode("latin-1"))
    assert Modality(hospital.port).send(image) == [TAKEN]
    assert [job.state for job in hospital.settled(image)] == [State.SENT]
    (report,) = reports(orthanc, study(image))
    name = str(report.PatientName)
    assert name.startswith("M")
    assert "ller" in name
    assert report.PatientID == dcmread(image).PatientID
