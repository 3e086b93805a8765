import numpy as np
import pandas as pd
import pytest

from lucency.errors import ConfigError, TableError
from lucency.results.report.characteristics import MOST_GROUPS, group_images, with_characteristics
from lucency.results.report.devices import read_devices
from references.dicom_files import dataset_of

SCORES = pd.DataFrame({"file": ["/x/b/1.png", "/x/a/1.png", "c\\1.png"], "patient": ["p2", "p1", "p3"]})
TABLE = pd.DataFrame(
    {
        "image": ["a/1.png", "b/1.png", "1.png", "unused.png"],
        "patient": ["p1", "p2", "p3", "p4"],
        "sex": ["F", "M", "O", ""],
    }
)


def test_rows_are_joined_by_the_longest_ending_of_the_path():
    joined = with_characteristics(SCORES, TABLE, ["sex", "age"])
    assert joined["sex"].tolist() == ["M", "F", "O"]
    assert "age" not in joined


def test_what_the_scores_say_is_kept():
    joined = with_characteristics(SCORES.assign(sex=["X", "Y", "Z"]), TABLE, ["sex"])
    assert joined["sex"].tolist() == ["X", "Y", "Z"]


@pytest.mark.parametrize(
    ("scores", "table", "message"),
    [
        (SCORES, TABLE.iloc[:2], r"no row of c\\1.png"),
        (SCORES.assign(patient="p1"), TABLE, r"/x/b/1.png is of another patient than in the scores \(2 in all\)"),
        (SCORES.drop(columns="file"), TABLE, "column file is missing"),
    ],
)
def test_a_table_of_other_images_is_refused(scores, table, message):
    with pytest.raises(TableError, match=message):
        with_characteristics(scores, table, ["sex"])


def test_groups_cover_every_image_once():
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "sex": rng.choice(["F", "M", None], 300),
            "age": np.where(rng.random(300) < 0.2, np.nan, rng.integers(0, 120, 300)),
            "source": [f"s{number}" for number in rng.integers(0, 40, 300)],
            "ward": rng.choice(["a", "b"], 300),
        }
    )
    groups = group_images(table, ["ward"])
    assert [*groups] == ["sex", "age", "source", "ward"]
    for values in groups.values():
        assert (np.stack([*values.values()]).sum(axis=0) == 1).all()
    assert (groups["age"]["18 to 39"] == table.age.between(18, 39).to_numpy()).all()
    counts = table.source.value_counts()
    assert len(groups["source"]) == MOST_GROUPS + 1
    assert f"{counts.size - MOST_GROUPS} others" in groups["source"]
    assert (
        min(groups["source"][name].sum() for name in groups["source"] if name != f"{counts.size - 12} others")
        >= (counts.iloc[MOST_GROUPS])
    )


def test_an_unknown_column_is_named_with_the_nearest():
    with pytest.raises(ConfigError, match=r"no column 'sxe'; did you mean 'sex'\?"):
        group_images(pd.DataFrame({"sex": ["F"]}), ["sxe"])


@pytest.mark.parametrize("age", ["old", -1])
def test_an_age_that_is_none_is_refused(age):
    with pytest.raises(TableError, match=f"age is {age!r} in row 2; write years"):
        group_images(pd.DataFrame({"age": ["61", age]}, dtype=object))


def test_devices_come_from_headers_and_are_blank_elsewhere(tmp_path):
    dataset = dataset_of(np.arange(12, dtype=np.uint16).reshape(3, 4), 12, Manufacturer="Maker")
    dataset.ManufacturerModelName = "X-1"
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    (tmp_path / "b.png").write_bytes(b"no DICOM")
    files = pd.DataFrame({"file": [str(tmp_path / "a.dcm"), str(tmp_path / "b.png")]})
    assert read_devices(files) == ["Maker X-1", ""]
    with pytest.raises(TableError, match=r"gone\.dcm: no device can be read"):
        read_devices(pd.DataFrame({"file": [str(tmp_path / "gone.dcm")]}))
