import csv
import tarfile

import pytest

from lucency.data.importers.openi import DECLARATION, import_openi
from lucency.errors import LabelError, TableError
from lucency.labels import labelled_cells, vocabulary
from references.openi_counts import openi_counts
from references.openi_files import archive_of, report
from references.state_counts import state_counts

METADATA = ("imageid", "Study Date", "Patient's Birth Date", "Patient's Sex", "View Position", "")


@pytest.fixture
def imported(tmp_path):
    """Imports reports, each a list of headings."""

    def read(*headings):
        reports = {f"ecgen-radiology/{n}.xml": report(n, words) for n, words in enumerate(headings, 1)}
        return import_openi(archive_of(tmp_path / "reports.tgz", reports))

    return read


def states_of(row):
    return {finding: row[finding] for finding in DECLARATION.findings if row[finding] != "unmentioned"}


@pytest.mark.parametrize(
    ("headings", "stated"),
    [
        (["normal"], {"no_finding": "positive"}),
        (["Cardiomegaly/mild"], {"cardiomegaly": "positive"}),
        (["Cardiomegaly/borderline"], {"cardiomegaly": "uncertain"}),
        (["Cardiomegaly/borderline", "Cardiomegaly"], {"cardiomegaly": "positive"}),
        (["Cardiomegaly", "Cardiomegaly/borderline"], {"cardiomegaly": "positive"}),
        (["Cardiac Shadow/enlarged/borderline"], {"cardiomegaly": "uncertain"}),
        (["Opacity/lung/base/left"], {"lung_opacity": "positive"}),
        (["Opacity/right/paratracheal"], {}),
        (["Diaphragm/right/elevated/mild"], {"diaphragm_elevation": "positive"}),
        (["Fractures, Bone/ribs/left/healed"], {"fracture": "positive", "rib_fracture": "positive"}),
        (["Hydropneumothorax/right"], {"effusion": "positive", "pneumothorax": "positive"}),
        (["Calcinosis/aorta, thoracic/mild"], {"aortic_calcification": "positive"}),
        (["Calcinosis/aorta/lung "], {"aortic_calcification": "positive", "calcification": "positive"}),
        (["Calcinosis/lung/hilum/lymph nodes/right"], {}),
        (["Calcinosis/lung/hilum", "Calcinosis/lung/base"], {"calcification": "positive"}),
        (["Tuberculosis/lung/healed"], {}),
        (["Tuberculosis/lung"], {"tuberculosis": "positive"}),
        (["Sulcus/bilateral/blunted/mild"], {"costophrenic_angle_blunting": "positive"}),
        (["Deformity/ribs/right", "Hernia, Hiatal/large"], {"hernia": "positive"}),
        (["normal", "Deformity"], {"no_finding": "uncertain"}),
    ],
)
def test_a_heading_means_what_it_and_its_qualifiers_mean(headings, stated, imported):
    frame = imported(headings)
    assert states_of(frame.iloc[0]) == stated
    assert "labelled" not in frame


@pytest.mark.parametrize(
    ("headings", "labelled"),
    [
        ([], []),
        (["No Indexing"], []),
        (["Technical Quality of Image Unsatisfactory ", "Nodule/lung"], ["nodule"]),
        (["Deformity"], [*DECLARATION.findings]),
    ],
)
def test_silence_of_an_incomplete_report_says_nothing(headings, labelled, imported):
    frame = imported(headings, ["No Indexing"])
    cells = labelled_cells(frame, DECLARATION.findings)
    assert [finding for finding, known in zip(DECLARATION.findings, cells[0], strict=True) if known] == labelled


def test_every_image_has_the_labels_of_its_report(tmp_path):
    reports = {"2.xml": report(2, ["Nodule/lung"], images=2), "1.xml": report(1), "3.xml": report(3, images=0)}
    frame = import_openi(archive_of(tmp_path / "reports.tgz", reports))
    assert frame["image"].tolist() == ["CXR1_IM-0001-1001.png", "CXR2_IM-0001-1001.png", "CXR2_IM-0001-2001.png"]
    assert frame["patient"].tolist() == frame["study"].tolist() == ["CXR1", "CXR2", "CXR2"]
    assert frame["nodule"].tolist() == ["unmentioned", "positive", "positive"]
    assert set(frame["source"]) == {"openi"}
    assert frame["age"].isna().all()


@pytest.mark.parametrize(
    ("heading", "message"),
    [
        (
            "Cardiomegally/mild",
            "MeSH/major: no declared meaning for 'Cardiomegally' (1 time); did you mean 'Cardiomegaly'",
        ),
        ("", "declared are 'Pulmonary Atelectasis', 'Cardiomegaly', 'Consolidation'"),
        ("Opacity/lnug", "qualifier in MeSH/major: no declared meaning for 'lnug' (1 time); did you mean 'lung'"),
        ("", "MeSH/major: no declared meaning for '' (1 time)"),
        ("Opacity/", "qualifier in MeSH/major: no declared meaning for '' (1 time)"),
    ],
)
def test_unknown_words_are_counted(heading, message, imported):
    with pytest.raises(LabelError) as caught:
        imported(["normal"], [heading])
    assert message in str(caught.value)


def test_reports_without_an_image_are_refused(tmp_path):
    path = archive_of(tmp_path / "reports.tgz", {"1.xml": report(1, images=0)})
    with pytest.raises(TableError, match="no report has a parentImage"):
        import_openi(path)


def test_an_image_of_two_reports_is_refused(tmp_path):
    path = archive_of(tmp_path / "reports.tgz", {"1.xml": report(1), "2.xml": report(1)})
    with pytest.raises(TableError, match=r"image is listed twice: row 2 \(image CXR1_IM-0001-1001\.png\)"):
        import_openi(path)


@pytest.fixture
def described(tmp_path):
    """Imports two reports with a table of DICOM headers."""

    def read(*rows, columns=METADATA):
        path = archive_of(tmp_path / "reports.tgz", {"1.xml": report(1), "2.xml": report(2)})
        with (tmp_path / "metadata.csv").open("w", newline="") as file:
            csv.writer(file).writerows([columns, *rows])
        return import_openi(path, metadata=tmp_path / "metadata.csv")

    return read


def test_view_and_age_come_from_the_metadata(described, caplog):
    frame = described(["CXR1_IM-0001-1001", "20120310", "19500311", "", "LARGE LATERAL", ""])
    assert frame["view"].tolist() == ["LATERAL", ""]
    assert frame["age"].fillna(-1).tolist() == [61, -1]  # the day before the birthday
    assert "lacks 1 of 2 images: CXR2_IM-0001-1001" in caplog.text
    assert described(["CXR2_IM-0001-1001", "20120311", "19500311", "F", "PA", ""])["age"].tolist()[1] == 62


@pytest.mark.parametrize(
    ("row", "error", "message"),
    [
        (["CXR1_IM-0001-1001", "20120310", "19500311", "", "UP", ""], LabelError, "View Position: no declared meaning"),
        (
            ["CXR1_IM-0001-1001", "2012-3-1", "19500311", "", "PA", ""],
            TableError,
            "Study Date is 2012-3-1; it holds dates",
        ),
        (["CXR1_IM-0001-1001", "20120310", "20500311", "", "PA", ""], TableError, "age is '-39' in row 1"),
        (
            ["CXR7_IM-0001-1001", "20120310", "19500311", "", "PA", ""],
            TableError,
            "has none of the images of the reports",
        ),
    ],
)
def test_metadata_without_declared_meaning_are_refused(row, error, message, described):
    with pytest.raises(error) as caught:
        described(row)
    assert message in str(caught.value)


def test_other_metadata_are_refused(described):
    with pytest.raises(TableError, match="is no table of Open-I's DICOM headers: column imageid is missing"):
        described([""] * 6, columns=["image", *METADATA[1:]])


def test_images_are_found_as_png_or_dicom(tmp_path):
    first = report(1).replace("CXR1_IM", "CXR1_1_IM")  # the first report spells its images so
    path = archive_of(tmp_path / "reports.tgz", {"1.xml": first, "2.xml": report(2), "3.xml": report(3)})
    for file in ("png/CXR1_1_IM-0001-1001.png", "png/CXR2_IM-0001-1001.png", "dicom/1/1_IM-0001-1001.dcm"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    (tmp_path / "dicom" / "3_IM-0001-1001.dcm").touch()
    assert import_openi(path)["image"].tolist()[0] == "CXR1_1_IM-0001-1001.png"
    with pytest.raises(TableError, match=r"1 of 3 images are not in .*: row 3 \(CXR3_IM-0001-1001\.png\)"):
        import_openi(path, images=tmp_path / "png")
    assert import_openi(path, images=tmp_path / "png", missing_images="drop")["image"].tolist() == [
        "CXR1_1_IM-0001-1001.png",
        "CXR2_IM-0001-1001.png",
    ]
    assert import_openi(path, images=tmp_path / "dicom", missing_images="drop")["image"].tolist() == [
        "1/1_IM-0001-1001.dcm",
        "3_IM-0001-1001.dcm",
    ]


def test_the_declaration_covers_the_vocabulary():
    expected = {word: entry.id for entry in vocabulary() for word in entry.names.get("openi", ())}
    assert dict(DECLARATION.words) == expected


def test_the_published_reports_keep_their_counts(label_files):
    expected = openi_counts(label_files / "NLMCXR_reports.tgz")
    frame = import_openi(label_files / "NLMCXR_reports.tgz", metadata=label_files / "nlmcxr_dicom_metadata.csv.gz")
    assert state_counts(frame, DECLARATION.findings) == expected["findings"]
    assert sorted(frame["image"]) == sorted(f"{image}.png" for image in expected["images"])
    assert frame["patient"].nunique() == expected["reports"] == 3_851
    assert frame["view"].eq("").sum() == 2_587  # 2,586 without View Position and one without a row in the metadata


def test_every_declared_label_is_in_the_published_reports(label_files):
    headings = set()
    with tarfile.open(label_files / "NLMCXR_reports.tgz") as archive:
        for member in filter(tarfile.TarInfo.isfile, archive):
            text = archive.extractfile(member).read().decode()
            headings |= {part.partition("</major>")[0] for part in text.split("<major>")[1:]}
    parts = [[part.strip() for part in heading.split("/")] for heading in headings]
    alone = {heading for heading, *_ in parts} | {f"/{word}" for _, *words in parts for word in words}
    pairs = {f"{heading}/{word}" for heading, *words in parts for word in words}
    assert set(DECLARATION.left_out) <= alone | pairs
    assert set(DECLARATION.words) <= alone | pairs
