import pandas as pd
import pytest

from lucency.data import check_study_table, finding_columns
from lucency.data.ages import check_ages
from lucency.errors import TableError
from references.study_tables import plain_table


def _complaint(frame: pd.DataFrame, **kwargs) -> str:
    with pytest.raises(TableError) as caught:
        check_study_table(frame, "table.csv", **kwargs)
    message = str(caught.value)
    assert message.startswith("table.csv: ")
    assert "\n" not in message
    return message


def _with(column: str, row: int, value: object) -> pd.DataFrame:
    frame = plain_table().astype({column: object})
    frame.loc[row, column] = value
    return frame


def test_a_valid_table_passes_with_and_without_split():
    check_study_table(plain_table(), "table.csv")
    check_study_table(plain_table().drop(columns="split"), "table.csv")


def test_finding_columns_are_the_vocabulary_ids_in_the_order_of_the_frame():
    frame = plain_table()[["edema", "image", "effusion"]].assign(comment="-", Edema="-")
    assert finding_columns(frame) == ["edema", "effusion"]


@pytest.mark.parametrize("column", ["image", "patient", "study", "view", "age", "sex", "source"])
def test_a_missing_column_is_named(column):
    assert f"column {column} is missing" in _complaint(plain_table().drop(columns=column))


def test_a_misspelt_column_is_suggested():
    assert "rename 'Patient' to 'patient'" in _complaint(plain_table().rename(columns={"patient": "Patient"}))


def test_an_empty_table_is_refused():
    assert "has no rows" in _complaint(plain_table().iloc[:0])


def test_a_table_without_findings_is_refused():
    assert "has no finding column" in _complaint(plain_table().drop(columns=["effusion", "edema"]))


@pytest.mark.parametrize("value", [" ", "12 ", "\t12"])
def test_blanks_around_a_patient_are_refused(value):
    assert "patient has blanks around it in row 3" in _complaint(_with("patient", 2, value))


def test_a_label_that_its_source_does_not_give_is_refused():
    frame = plain_table()
    finding = finding_columns(frame)[0]
    row = int(frame[finding].ne("unmentioned").to_numpy().argmax())
    lists = [" ".join(finding_columns(frame))] * len(frame)
    check_study_table(frame.assign(labelled=lists), "table.csv")
    lists[row] = " ".join(finding_columns(frame)[1:])
    complaint = _complaint(frame.assign(labelled=lists))
    assert f"{finding} is '{frame[finding].iloc[row]}' in row {row + 1}" in complaint
    assert "neither column labelled nor implied lists it" in complaint
    implied = [finding if place == row else "" for place in range(len(frame))]
    check_study_table(frame.assign(labelled=lists, implied=implied), "table.csv")


@pytest.mark.parametrize("column", ["labelled", "implied"])
def test_a_list_of_findings_names_findings(column):
    complaint = _complaint(plain_table().assign(**{column: "effusion edemas"}))
    assert f"column {column} lists 'edemas', which is no finding id; did you mean 'edema'?" in complaint


def test_a_misspelt_finding_is_not_dropped_silently():
    complaint = _complaint(plain_table().rename(columns={"effusion": "Effusoin"}))
    assert "'Effusoin' holds label states but is no finding id; did you mean 'effusion'?" in complaint


@pytest.mark.parametrize("column", ["image", "patient"])
@pytest.mark.parametrize("blank", ["", None, float("nan")])
def test_blank_identity_is_refused(column, blank):
    complaint = _complaint(_with(column, 2, blank))
    assert f"{column} is blank in row 3" in complaint


def test_a_duplicate_image_is_named():
    assert "listed twice: row 4 (image images/0.png)" in _complaint(_with("image", 3, "images/0.png"))


@pytest.mark.parametrize("sex", ["female", "f", "X", None])
def test_an_unknown_sex_is_named(sex):
    complaint = _complaint(_with("sex", 1, sex))
    assert "row 2 (image images/1.png)" in complaint
    assert "use F, M, O, blank" in complaint


@pytest.mark.parametrize("age", ["old", -1.0, 131.0, float("inf"), "058Y"])
def test_an_age_that_is_no_number_of_years_is_named(age):
    complaint = _complaint(_with("age", 1, age))
    assert repr(age) in complaint
    assert "row 2" in complaint


def test_ages_may_be_blank():
    assert check_ages(pd.Series(["", None, 3]), "table.csv").isna().tolist() == [True, True, False]


@pytest.mark.parametrize("split", ["valid", "", "Train"])
def test_an_unknown_split_is_named(split):
    complaint = _complaint(_with("split", 2, split))
    assert f"split is {split!r} in row 3" in complaint
    assert "use train, val, test" in complaint


def test_a_patient_in_two_splits_is_named_with_both():
    complaint = _complaint(_with("split", 1, "val"))
    assert "patient in two splits: 00012 (in train and val)" in complaint


def test_an_unknown_state_is_named_with_finding_row_and_suggestion():
    complaint = _complaint(_with("effusion", 2, "Postive"))
    assert "effusion is 'Postive' in row 3 (image images/2.png); did you mean 'positive'?" in complaint


@pytest.mark.parametrize("code", ["1", "", "-1", 0, float("nan")])
def test_a_raw_code_is_no_state(code):
    complaint = _complaint(_with("edema", 5, code))
    assert "edema is" in complaint
    assert "row 6" in complaint


def test_only_the_first_offenders_are_listed():
    complaint = _complaint(plain_table().assign(edema="yes"))
    assert "row 3 (image images/2.png) and 3 more" in complaint
    assert "images/3.png" not in complaint


def test_rows_are_found_whatever_the_index():
    frame = _with("effusion", 2, "Postive")
    frame.index = [5, 5, 5, 0, 0, 0]
    assert "row 3 (image images/2.png)" in _complaint(frame)


@pytest.mark.parametrize("files_in_folder", [6, 30])  # looked up one by one, and from one listing
def test_absent_files_are_counted_and_named(files_in_folder, tmp_path):
    frame = pd.concat([plain_table()] * 5, ignore_index=True).head(files_in_folder)
    frame["image"] = [f"images/{n}.png" for n in range(len(frame))]
    (tmp_path / "images").mkdir()
    for image in frame["image"]:
        (tmp_path / image).touch()
    check_study_table(frame, "table.csv", image_root=tmp_path)
    (tmp_path / "images" / "1.png").unlink()
    complaint = _complaint(frame, image_root=tmp_path)
    assert f"1 of {files_in_folder} image files are absent: row 2 (image images/1.png)" in complaint
    assert str(tmp_path) in complaint


def test_an_image_root_that_is_no_folder_is_named(tmp_path):
    assert "image_root" in _complaint(plain_table(), image_root=tmp_path / "nowhere")


def test_absolute_image_paths_need_no_root(tmp_path):
    (tmp_path / "a.png").touch()
    frame = plain_table().head(1).assign(image=str(tmp_path / "a.png"))
    check_study_table(frame, "table.csv", image_root="/")
