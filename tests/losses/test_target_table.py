import numpy as np
import pytest
import torch

from lucency.errors import ConfigError, LabelError
from lucency.losses.target_table import target_table

ROWS = [[1.0, float("nan")], [0.3, 0.0]]


@pytest.mark.parametrize(
    "targets",
    [
        ROWS,
        np.array(ROWS),
        torch.tensor(ROWS, dtype=torch.float64),
        [{"label": np.array(row, dtype=np.float32)} for row in ROWS],
        tuple({"index": place, "label": row} for place, row in reversed(list(enumerate(ROWS)))),
    ],
)
def test_whatever_holds_the_targets_gives_the_same_table(targets):
    table = target_table("MyLoss", targets)
    assert table.dtype == torch.float32
    torch.testing.assert_close(table, torch.tensor(ROWS), rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ([], r"targets are \(0,\); give those of all training images"),
        ([1.0, 0.0], r"targets are \(2,\)"),
        (torch.zeros(0, 3), r"targets are \(0, 3\)"),
        ([[1.0], [1.0, 0.0]], "make no table"),
        ("train.csv", "make no table"),
        ([{"label": [1.0]}, {"image": "a.png"}], "record 1 of the training data has no label"),
        ([{"label": [1.0], "index": 0}] * 2, "record 1 of the training data has index 0, taken or too large"),
        ([{"label": [1.0], "index": 1}], "record 0 of the training data has index 1, taken or too large"),
    ],
)
def test_what_is_no_table_is_refused(targets, message):
    with pytest.raises(ConfigError, match=f"MyLoss: .*{message}"):
        target_table("MyLoss", targets)


def test_a_raw_code_is_refused_with_its_place():
    with pytest.raises(LabelError, match=r"MyLoss: target -1 of training image 1, column 0 .*TargetPolicy"):
        target_table("MyLoss", [[1.0, 0.0], [-1.0, 0.0]])
