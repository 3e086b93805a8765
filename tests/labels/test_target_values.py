import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lucency.errors import LabelError
from lucency.labels import check_targets
from references.targets import reference_first_bad_target

VALUES = st.sampled_from([0.0, 1.0, 0.5, float("nan"), -1.0, 2.0, float("inf"), -float("inf"), -1e-6, 1.0000001])


@given(arrays(np.float64, (3, 2), elements=VALUES))
def test_the_first_bad_value_is_named(targets):
    bad = reference_first_bad_target(targets.tolist())
    if bad is None:
        check_targets(targets)
    else:
        row, column = bad
        with pytest.raises(LabelError, match=f"^finding '{'ab'[column]}', row {row}: "):
            check_targets(targets, ["a", "b"])


@pytest.mark.parametrize("raw", [-1, 2])
@pytest.mark.parametrize("dtype", [np.int64, np.float32, np.float16])
def test_raw_label_codes_are_refused(raw, dtype):
    targets = np.array([[0, 1], [1, 0], [1, raw]], dtype=dtype)
    with pytest.raises(LabelError, match=f"finding 'effusion', row 2: {raw} cannot be a target"):
        check_targets(targets, ["edema", "effusion"])
    with pytest.raises(LabelError, match=f"column 1, row 2: {raw} cannot be a target"):
        check_targets(targets)


def test_further_bad_values_are_counted():
    with pytest.raises(LabelError, match="row 0: -1 and 3 more values cannot be a target"):
        check_targets(np.full((2, 2), -1.0))


@pytest.mark.parametrize(
    "targets",
    [
        [[0, 1], [1, 0]],
        np.array([[True, False]]),
        np.array([0.0, np.nan], dtype=np.float32),
        torch.tensor([[0.3, float("nan")]]),
        np.empty((0, 2)),
    ],
)
def test_good_targets_pass(targets):
    check_targets(targets)
    check_targets(targets, ["edema", "effusion"])


@pytest.mark.parametrize("targets", [[["positive", "negative"]], np.zeros((2, 2, 2)), 1.0, [[None, 1.0]]])
def test_what_is_no_table_of_numbers_is_refused(targets):
    with pytest.raises(LabelError, match="must be numbers in shape"):
        check_targets(targets)


def test_findings_must_fit_the_columns():
    with pytest.raises(LabelError, match="2 columns for 3 findings"):
        check_targets([[0, 1]], ["a", "b", "c"])
