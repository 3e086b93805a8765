"""Steps of a simulation that name a table of scores; their texts are tested with the command line."""

import pandas as pd
import pytest

from lucency.data import write_study_table
from lucency.data.simulate import simulate_table
from lucency.errors import ConfigError, TableError
from references.simulation import read, truth_table


@pytest.fixture
def table(tmp_path):
    return write_study_table(truth_table(), tmp_path / "archive" / "truth.csv")


def test_scores_come_from_a_table_and_its_hash_is_recorded(table, tmp_path):
    frame = read(table)
    scores = pd.DataFrame({"image": frame["image"][::-1], "effusion": (frame.index[::-1] % 4 == 0) * 1.0, "edema": 0.5})
    scores.to_csv(tmp_path / "scores.csv", index=False)
    positives = frame["split"].eq("train") & frame["effusion"].eq("positive")
    rate = float((positives & (frame.index % 4 == 0)).sum() / positives.sum())  # only these can flip, and so all do
    steps = [{"instance_dependent": {"scores": str(tmp_path / "scores.csv"), "fn_rate": {"effusion": rate}}}]
    record = simulate_table(table, tmp_path / "out", steps)
    flipped = read(tmp_path / "out" / "table.csv")["effusion"].ne(frame["effusion"])
    assert flipped.equals(positives & (frame.index % 4 == 0))
    told = record["steps"][0]["instance_dependent"]["scores"]
    assert told["file"] == "scores.csv"
    assert len(told["sha256"]) == 64


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("name,edema\na,1\n", "scores.csv: has no column image"),
        ("image,edema\nimages/0.png,1\nimages/0.png,1\n", "image images/0.png is listed twice"),
        (
            "image,edema\nimages/0.png,1\n",
            "has no scores of image images/1.png, images/2.png, images/3.png and 16 more",
        ),
    ],
)
def test_wrong_scores_are_named(table, tmp_path, content, message):
    (tmp_path / "scores.csv").write_text(content)
    steps = [{"instance_dependent": {"scores": str(tmp_path / "scores.csv"), "fn_rate": 0.1}}]
    with pytest.raises(TableError, match=message):
        simulate_table(table, tmp_path / "out", steps)
    with pytest.raises(ConfigError, match="scores cannot be 3; name a file"):
        simulate_table(table, tmp_path / "out", [{"instance_dependent": {"scores": 3}}])
