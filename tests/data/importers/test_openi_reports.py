import logging
import tarfile

import pytest

from lucency.data.importers import openi_reports
from lucency.data.importers.openi_reports import Report, read_reports
from lucency.errors import TableError
from references.openi_files import archive_of, report


def test_a_report_is_its_id_its_headings_and_its_images(tmp_path):
    reports = {"b.xml": report(2, ["A/b", "C &amp; D"], images=2), "a.xml": report(1, [], images=0), "readme.txt": "x"}
    assert read_reports(archive_of(tmp_path / "reports.tgz", reports)) == [
        Report("CXR1", (), ()),
        Report("CXR2", ("A/b", "C & D"), ("CXR2_IM-0001-1001", "CXR2_IM-0001-2001")),
    ]


def test_a_folder_of_reports_means_the_same(tmp_path):
    reports = {f"ecgen-radiology/{n}.xml": report(n, ["Nodule/lung"]) for n in (1, 2)}
    folder = tmp_path / "unpacked"
    for name, text in reports.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    assert read_reports(folder) == read_reports(archive_of(tmp_path / "reports.tgz", reports)) != []


def test_nothing_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    archive_of(tmp_path / "reports.tgz", {"../outside.xml": report(1), "/tmp/root.xml": report(2)})
    assert len(read_reports("reports.tgz")) == 2
    assert [file.name for file in tmp_path.iterdir()] == ["reports.tgz"]


LAUGHS = '<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE l SYSTEM "file:///etc/passwd">'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (report(9).replace("</MeSH>", ""), "mismatched tag"),
        (report(9)[:60], "unclosed token"),
        ("", "is empty or has more than"),
        ("<eCitation/>", "has no uId"),
        (report(9).replace("CXR9_IM-0001-1001", ""), "has a parentImage without id"),
        (b"\x00\x01\x02", "not well-formed"),
        (report(9).encode().replace(b"utf-8", b"no-such"), "no-such"),
        (report(9, ["&b;"], opening=LAUGHS), "declares document type 'l'"),
        (report(9, opening=OUTSIDE), "declares document type 'l'"),
        (report(9, ["&b;"], opening=LAUGHS).encode("utf-16"), "declares document type 'l'"),
        (b" " * (openi_reports._LARGEST_REPORT + 1), "has more than 1048576 bytes"),
    ],
)
def test_a_damaged_or_hostile_report_is_named_and_loses_no_other(content, reason, tmp_path, caplog):
    path = archive_of(tmp_path / "reports.tgz", {"1.xml": report(1), "bad.xml": content, "2.xml": report(2)})
    with caplog.at_level(logging.WARNING):
        reports = read_reports(path)
    assert [report.id for report in reports] == ["CXR1", "CXR2"]
    assert "1 of 3 reports cannot be read: bad.xml (" in caplog.text
    assert reason in caplog.text


def test_deep_nesting_does_not_crash(tmp_path):
    deep = b"<a>" * 100_000 + b"</a>" * 49_000
    path = archive_of(tmp_path / "reports.tgz", {"1.xml": report(1), "deep.xml": deep})
    assert len(read_reports(path)) == 1


def test_an_archive_without_a_readable_report_is_refused(tmp_path):
    path = archive_of(tmp_path / "reports.tgz", {"1.xml": "x", "2.xml": "<a/>"})
    with pytest.raises(TableError, match=r"2 of 2 reports cannot be read: 1\.xml \(.*\), 2\.xml \(has no uId\); give"):
        read_reports(path)
    with pytest.raises(TableError, match=r"holds no \.xml report; give NLMCXR_reports\.tgz"):
        read_reports(archive_of(path, {"readme.txt": "x"}))


def test_another_file_is_refused(tmp_path):
    path = archive_of(tmp_path / "reports.tgz", {f"{n}.xml": report(n) for n in range(100)})
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(TableError, match="is no readable tar of reports"):
        read_reports(path)
    path.write_text("image,patient\n")
    with pytest.raises(TableError, match="is no readable tar of reports"):
        read_reports(path)
    with pytest.raises(TableError, match="no such file; "):
        read_reports(tmp_path / "absent.tgz")


def test_an_archive_that_unpacks_without_end_is_refused(tmp_path):
    member = tarfile.TarInfo("1.xml")
    member.size = openi_reports._LARGEST_ARCHIVE + 1
    path = tmp_path / "reports.tar"
    path.write_bytes(member.tobuf())
    with pytest.raises(TableError, match="unpacks to far more than Open-I's reports"):
        read_reports(path)
