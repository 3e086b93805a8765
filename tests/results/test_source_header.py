"""Headers as they come: every character set, broken values, missing elements."""

import warnings

import numpy as np
import pydicom
import pytest
from pydicom import Dataset
from pydicom.sequence import Sequence

from lucency.errors import LucencyError
from lucency.results.source_header import MAY_BE_EMPTY, source_header
from lucency.results.structured_report import StructuredReports
from references.dicom_files import dataset_of, save, wedge

NAMES = [  # examples of PS3.5 annexes H to K and of 8859: character set, bytes, text
    ("ISO_IR 100", b"Buc^J\xe9r\xf4me", "Buc^Jérôme"),
    ("ISO_IR 101", b"Wa\xb3\xeasa", "Wałęsa"),
    ("ISO_IR 144", b"\xbb\xee\xdacem\xd1yp\xd3", "Люкcemбypг"),
    ("ISO_IR 126", b"\xc4\xe9\xef\xed\xf5\xf3\xe9\xef\xf2", "Διονυσιος"),
    ("ISO_IR 127", b"\xe2\xc8\xc7\xe6\xea^\xe4\xe6\xd2\xc7\xd1", "قباني^لنزار"),
    ("ISO_IR 138", b"\xf9\xf8\xe5\xef^\xe3\xe1\xe5\xf8\xe4", "שרון^דבורה"),
    ("ISO_IR 192", "Wang^XiaoDong=王^小東".encode(), "Wang^XiaoDong=王^小東"),
    ("GB18030", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang^XiaoDong=王^小东"),
    ("GBK", b"Wang^XiaoDong=\xcd\xf5^\xd0\xa1\xb6\xab", "Wang^XiaoDong=王^小东"),
    (
        "\\ISO 2022 IR 87",
        b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B",
        "Yamada^Tarou=山田^太郎=やまだ^たろう",
    ),
    (
        "ISO 2022 IR 13\\ISO 2022 IR 87",
        b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J=\x1b$B$d$^$@\x1b(J^\x1b$B$?$m$&\x1b(J",
        "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう",
    ),
    (
        "\\ISO 2022 IR 149",
        b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf",
        "Hong^Gildong=洪^吉洞=홍^길동",
    ),
    ("\\ISO 2022 IR 58", b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab", "Zhang^XiaoDong=张^小东"),
    ("ISO_IR 192", b"M\xfcller^J", "M\ufffdller^J"),  # a lying character set
    ("ISO_IR 999", b"Plain^Name", "Plain^Name"),  # one that does not exist
]


@pytest.mark.parametrize(("charset", "name", "text"), NAMES)
def test_every_character_set_becomes_utf8(radiograph, model, result, tmp_path, charset, name, text):
    placeholders = {"PatientName": "N" * len(name), "StudyDescription": "D" * len(name)}
    with warnings.catch_warnings(action="ignore"):
        path = radiograph(SpecificCharacterSet=charset.split("\\"), **placeholders)
    path.write_bytes(path.read_bytes().replace(b"N" * len(name), name).replace(b"D" * len(name), name))
    header = source_header(path)
    assert header.SpecificCharacterSet == "ISO_IR 192"
    assert str(header.PatientName) == text
    assert header.StudyDescription == text
    StructuredReports(folder=tmp_path / "sr", model=model).write(result, path)
    written = tmp_path / "sr" / "study" / "chest.dcm"
    assert text.encode() in written.read_bytes()
    report = pydicom.dcmread(written)
    assert report.SpecificCharacterSet == "ISO_IR 192"
    assert str(report.PatientName) == text


@pytest.mark.parametrize("name", ["CR_CHEST_no_pixels_japanese_name.dcm", "CR_CHEST_no_pixels_japanese_ir6.dcm"])
def test_real_japanese_header(real_data, model, result, tmp_path, name):
    StructuredReports(folder=tmp_path, model=model).write(result, real_data / "dicom_corpus" / "broken" / name)
    report = pydicom.dcmread(tmp_path / "study" / "chest.dcm")
    assert (report.SpecificCharacterSet, str(report.PatientName)) == ("ISO_IR 192", "やまだ^たろう")


def test_values_that_no_archive_takes_are_left_out(radiograph):
    broken = {
        "PatientBirthDate": "19611340", "StudyDate": "20210230", "StudyTime": "251112", "PatientSex": "X",
        "PatientAge": "060J", "Modality": "dx!", "FrameOfReferenceUID": "1.2.x",
    }  # fmt: skip
    with pydicom.config.disable_value_validation():
        header = source_header(radiograph(**broken))
    assert all(not header.get(keyword) for keyword in broken)


def test_values_are_mended_where_their_meaning_is_plain(radiograph):
    with pydicom.config.disable_value_validation():
        path = radiograph(StudyDate="2021.03.04", StudyTime="10:11:12", PatientID="\t08\x0015 ", PatientName="A^B\n")
    header = source_header(path)
    assert (header.StudyDate, header.StudyTime) == ("20210304", "101112")
    assert (header.PatientID, str(header.PatientName)) == ("0815", "A^B")


def test_identifiers_are_never_cut(radiograph):
    with warnings.catch_warnings(action="ignore"):
        path = radiograph(PatientID=["A", "B"], AccessionNumber="1" * 20, StudyDescription=["one", "two"])
    header = source_header(path)
    assert list(header.PatientID) == ["A", "B"]
    assert (header.AccessionNumber, header.StudyDescription) == ("1" * 20, "one")


def test_sequences_are_copied_and_cleaned(radiograph):
    issuer = Dataset()
    issuer.UniversalEntityID, issuer.UniversalEntityIDType = "1.2.276", "ISO"
    issuer.add_new(0x00110010, "LO", "PRIVATE")
    header = source_header(radiograph(IssuerOfPatientIDQualifiersSequence=Sequence([issuer])))
    (copied,) = header.IssuerOfPatientIDQualifiersSequence
    assert (copied.UniversalEntityID, copied.UniversalEntityIDType, len(copied)) == ("1.2.276", "ISO", 2)


def test_pixels_and_private_elements_stay_behind(radiograph):
    header = source_header(radiograph())
    assert "PixelData" not in header
    assert not any(element.tag.is_private for element in header)


def test_elements_that_must_be_present_are_present_without_value(radiograph):
    header = source_header(radiograph(**dict.fromkeys(MAY_BE_EMPTY)))
    assert all(keyword in header and not header[keyword].value for keyword in MAY_BE_EMPTY)


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
def test_missing_identity_is_named(tmp_path, radiograph, keyword):
    dataset = dataset_of(wedge(), 12, StudyInstanceUID="1.2", SeriesInstanceUID="1.3")
    dataset.file_meta.MediaStorageSOPInstanceUID = "1.4"
    setattr(dataset, keyword, "")
    path = tmp_path / "anonymous.dcm"
    dataset.preamble = bytes(128)
    pydicom.dcmwrite(path, dataset, enforce_file_format=False)
    if keyword == "SOPInstanceUID":  # the file meta information repeats it
        assert source_header(path).SOPInstanceUID == "1.4"
        return
    with pytest.raises(
        LucencyError, match=rf"anonymous\.dcm: \([0-9A-F,]+\) {keyword}: is missing .*; mend it"
    ) as caught:
        source_header(path)
    assert "\n" not in str(caught.value)


def test_other_formats_are_refused_with_the_mend(tmp_path):
    path = tmp_path / "chest.png"
    path.write_bytes(b"\x89PNG\r\n" + bytes(200))
    with pytest.raises(
        LucencyError, match=r"chest\.png: has no DICOM header .*; give DICOM files, or take predictions"
    ):
        source_header(path)


@pytest.mark.parametrize("syntax", ["ImplicitVRLittleEndian", "ExplicitVRBigEndian", "DeflatedExplicitVRLittleEndian"])
def test_transfer_syntax_does_not_matter(tmp_path, syntax):
    dataset = dataset_of(np.ones((3, 4), np.uint16), 12, StudyInstanceUID="1.2", SeriesInstanceUID="1.3", PatientID="P")
    header = source_header(save(dataset, tmp_path / "x.dcm", getattr(pydicom.uid, syntax)))
    assert (header.PatientID, header.Rows, header.Columns) == ("P", 3, 4)
