"""Score tables as people hand them over."""

import numpy as np
import pandas as pd
import pytest

from lucency.errors import TableError
from lucency.inference.score_table import check_scores, read_probabilities, read_scores
from lucency.results.model_identity import ModelIdentity

MODEL = ModelIdentity(name="bundle", version="1", findings=("edema", "mass"), weights_sha256="0a")


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "scores.csv"
    file.write_text(
        "patient,target_edema,probability_edema,target_mass,probability_mass,source\n007,1,0.5,,1e-3,a\np2,0.0,,1,1,b\n"
    )
    return file


def test_patients_are_texts_and_what_is_not_there_is_nan(path):
    scores = read_scores(path, MODEL)
    assert scores["patient"].tolist() == ["007", "p2"]
    columns = ["target_edema", "probability_edema", "target_mass", "probability_mass"]
    np.testing.assert_array_equal(scores[columns], [[1, 0.5, np.nan, 0.001], [0, np.nan, 1, 1]])
    assert scores["source"].tolist() == ["a", "b"]


def test_a_table_in_memory_may_hold_texts_and_missing_integers():
    table = pd.DataFrame({"patient": [1, 2], "target_mass": ["1", None], "probability_mass": ["0.25", " "]})
    table["target_edema"], table["probability_edema"] = pd.array([0, None], dtype="Int64"), pd.array([1, None])
    with pytest.raises(TableError, match="probability_mass holds   in row 1"):
        check_scores(table)
    numbers = check_scores(table.assign(probability_mass=["0.25", None]))
    assert numbers["target_mass"].tolist()[0] == numbers["probability_edema"].tolist()[0] == 1
    assert numbers.loc[1, ["target_mass", "probability_mass", "target_edema", "probability_edema"]].isna().all()
    assert table["target_mass"].tolist()[0] == "1"  # the caller's table is as it was


def test_probabilities_need_no_labels_and_no_patients(path):
    pd.read_csv(path)[["probability_edema", "probability_mass"]].to_csv(path, index=False)
    np.testing.assert_array_equal(read_probabilities(path, MODEL, ["mass"])["mass"], [0.001, 1])
    assert read_probabilities(path, MODEL, []) == {}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot be read .*; give the scores.csv of the evaluate workflow"),
        ("", "cannot be read"),
        ("patient,target_mass,probability_mass\n", "holds no row"),
        ("target_mass,probability_mass\n1,0.5\n", "column patient is missing"),
        ("patient,note\np1,x\n", "no target_<finding> column"),
        (
            "patient,target_mas,probability_mas\np1,1,0.5\n",
            r"column target_mas: .* did you mean 'mass'\?; give its own",
        ),
    ],
)
def test_what_is_no_score_table_of_the_model_is_one_line_with_the_file(path, content, message):
    path.unlink() if content is None else path.write_text(content)
    with pytest.raises(TableError, match=rf"scores\.csv: .*{message}") as caught:
        read_scores(path, MODEL)
    assert "\n" not in str(caught.value)


def test_a_missing_probability_is_named(path):
    with pytest.raises(TableError, match=r"scores\.csv: column probability_hernia is missing"):
        read_probabilities(path, MODEL, ["hernia"])
