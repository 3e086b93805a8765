import csv
import gzip
from collections import defaultdict

import pytest

from lucency.data.importers import import_siim
from lucency.errors import LabelError, TableError

LABELS = """\
ImageId, EncodedPixels
1.2.3, -1
1.2.4,557374 2 1015 8
1.2.4, 1 2
1.2.5,-1
"""


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "train-rle.csv"
    path.write_text(LABELS)
    return path


def test_an_outline_is_positive_and_its_absence_negative(labels):
    frame = import_siim(labels)
    assert (
        frame["image"].tolist() == frame["patient"].tolist() == frame["study"].tolist() == ["1.2.3", "1.2.4", "1.2.5"]
    )
    assert frame["pneumothorax"].tolist() == ["negative", "positive", "negative"]
    assert set(frame["source"]) == {"siim"}


def test_the_header_may_come_without_its_blank(labels):
    labels.write_text(LABELS.replace(", Enc", ",Enc"))
    assert import_siim(labels)["pneumothorax"].tolist() == ["negative", "positive", "negative"]


def test_images_are_found_in_the_folders_of_the_distribution(labels, tmp_path):
    (tmp_path / "dicom" / "9.1" / "9.2").mkdir(parents=True)
    (tmp_path / "dicom" / "9.1" / "9.2" / "1.2.4.dcm").touch()
    with pytest.raises(TableError, match="2 of 3 images are not in"):
        import_siim(labels, images=tmp_path / "dicom")
    frame = import_siim(labels, images=tmp_path / "dicom", missing_images="drop")
    assert frame[["image", "patient"]].to_numpy().tolist() == [["9.1/9.2/1.2.4.dcm", "1.2.4"]]


@pytest.mark.parametrize(
    ("old", "new", "error", "message"),
    [
        ("1.2.5,-1", "1.2.5,0", LabelError, "EncodedPixels is '0' (1 time); it holds -1 or pairs of numbers"),
        ("1.2.5,-1", "1.2.5,", LabelError, "EncodedPixels is '' (1 time)"),
        ("557374 2 1015 8", "557374 2 1015", LabelError, "EncodedPixels is '557374 2 1015' (1 time)"),
        ("1.2.5,-1", "1.2.4,-1", LabelError, "-1 stands beside an outline of 1.2.4"),
        ("EncodedPixels", "Pixels", TableError, "rename ' Pixels' to ' EncodedPixels'"),
        ("ImageId", "image", TableError, "column ImageId is missing"),
    ],
)
def test_other_cells_and_files_are_refused(labels, old, new, error, message):
    labels.write_text(LABELS.replace(old, new))
    with pytest.raises(error) as caught:
        import_siim(labels)
    assert message in str(caught.value)


def test_the_published_file_keeps_its_counts(label_files):
    path = label_files / "siim-pneumothorax-train-rle.csv.gz"
    outlines = defaultdict(list)
    with gzip.open(path, "rt", newline="") as file:
        for image, cell in list(csv.reader(file))[1:]:
            outlines[image].append(cell.strip())
    negative = sum(cells == ["-1"] for cells in outlines.values())
    frame = import_siim(path)
    assert frame["pneumothorax"].value_counts().to_dict() == {
        "negative": negative,
        "positive": len(outlines) - negative,
    }
    assert frame["image"].tolist() == list(outlines)
    assert (negative, len(outlines)) == (9_378, 12_047)
