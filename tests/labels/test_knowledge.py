import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lucency.labels import cell_lists, labelled_cells, listed_cells
from lucency.labels.knowledge import unlisted_ids

FINDINGS = ["edema", "effusion", "mass", "hernia"]


@given(st.lists(st.lists(st.booleans(), min_size=4, max_size=4), max_size=9))
def test_lists_and_cells_are_each_others_inverse(rows):
    cells = np.array(rows, dtype=bool).reshape(-1, 4)
    np.testing.assert_array_equal(listed_cells(pd.Series(cell_lists(cells, FINDINGS), dtype=object), FINDINGS), cells)


@given(st.lists(st.lists(st.sampled_from([*FINDINGS, "nodule"]), unique=True), min_size=1), st.permutations(FINDINGS))
def test_listed_cells_equal_the_words(rows, findings):
    expected = [[finding in row for finding in findings] for row in rows]
    assert listed_cells(pd.Series([" ".join(row) for row in rows]), findings).tolist() == expected


@pytest.mark.parametrize("rows", [0, 3])
def test_a_table_without_the_column_labels_all(rows):
    cells = labelled_cells(pd.DataFrame(index=range(rows)), FINDINGS)
    assert cells.shape == (rows, 4)
    assert cells.all()


def test_strange_words_are_listed_once():
    assert unlisted_ids(pd.Series(["edema x", "x y", ""]), FINDINGS) == ["x", "y"]
