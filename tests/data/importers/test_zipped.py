import zipfile

import pytest

from lucency.data.importers.zipped import read_label_file
from lucency.errors import TableError


def _zip(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def test_the_one_table_of_a_zip_is_read_as_text(tmp_path):
    path = _zip(tmp_path / "train.csv.zip", {"deep/train.csv": "id,n\n007,\n", "README.txt": "hello"})
    assert read_label_file(path).to_dict("records") == [{"id": "007", "n": ""}]
    (tmp_path / "plain.csv").write_text("id,n\n007,\n")
    assert read_label_file(tmp_path / "plain.csv").to_dict("records") == [{"id": "007", "n": ""}]


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"a.csv": "x\n1\n", "b.csv": "x\n1\n"}, r"holds a\.csv, b\.csv; unzip it and name one table"),
        ({"a.txt": "x"}, r"holds no \.csv file"),
    ],
)
def test_a_zip_of_another_content_is_refused(tmp_path, members, message):
    with pytest.raises(TableError, match=message):
        read_label_file(_zip(tmp_path / "train.zip", members))


def test_what_a_mac_adds_is_no_table(tmp_path):
    path = _zip(tmp_path / "train.zip", {"train.csv": "id\n1\n", "__MACOSX/._train.csv": "x"})
    assert read_label_file(path)["id"].tolist() == ["1"]


def test_a_wrong_table_is_called_by_the_zip(tmp_path):
    path = _zip(tmp_path / "train.zip", {"train.csv": "id;n\n1;2\n"})
    with pytest.raises(TableError) as caught:
        read_label_file(path)
    assert str(caught.value).startswith(f"{path}: columns are not separated by commas")


def test_damaged_content_is_named(tmp_path):
    path = tmp_path / "train.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train.csv", "id,n\n" + "".join(f"{n},{n * n}\n" for n in range(999)))
    content = path.read_bytes()
    for place in range(40, 1000, 97):
        path.write_bytes(content[:place] + b"\xff\xff\xff" + content[place + 3 :])
        with pytest.raises(TableError, match=r"train\.zip: is not a readable \.zip"):
            read_label_file(path)


def test_a_damaged_or_absent_zip_is_named(tmp_path):
    (tmp_path / "train.zip").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(TableError, match=r"train\.zip: is not a readable \.zip"):
        read_label_file(tmp_path / "train.zip")
    with pytest.raises(TableError, match="no such file"):
        read_label_file(tmp_path / "trian.zip")
