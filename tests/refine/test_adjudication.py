import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from lucency.errors import ConfigError, LabelError
from lucency.refine import LabelEntry
from lucency.refine.adjudication import Adjudication
from lucency.refine.agreement import cohen_kappa, fleiss_kappa, pair_agreement, reader_agreement
from references.ledger import agreement, decided

VERDICTS = ("positive", "negative", "uncertain")
READERS = ("R1", "R2", "R3", "R4")
said_of_a_cell = st.dictionaries(st.sampled_from(READERS), st.sampled_from(VERDICTS), min_size=1)


def entries_of(cells):
    """Entries of {(round, image, finding): {reader: state}}."""
    return [
        LabelEntry(image=image, finding=finding, state=state, source="", reader=reader, round=round_)
        for (round_, image, finding), said in cells.items()
        for reader, state in said.items()
    ]


@pytest.mark.parametrize(
    "rule", [{}, {"rule": "unanimous"}, {"rule": "adjudicated", "adjudicator": "R2"}], ids=lambda rule: str(rule)
)
@given(said=said_of_a_cell)
def test_rules_decide_as_the_reference(rule, said):
    assert Adjudication(**rule)(said) == decided(said, **rule)


@pytest.mark.parametrize(
    ("states", "majority", "unanimous"),
    [
        (["positive"], "positive", "positive"),
        (["positive", "negative"], "uncertain", "uncertain"),
        (["positive", "positive", "negative"], "positive", "uncertain"),
        (["positive", "positive", "negative", "uncertain"], "uncertain", "uncertain"),  # most, not more than half
        (["negative", "uncertain"], "uncertain", "uncertain"),
        (["negative", "negative"], "negative", "negative"),
    ],
)
def test_ties_are_uncertain(states, majority, unanimous):
    said = dict(zip(READERS, states, strict=False))
    assert Adjudication()(said) == majority
    assert Adjudication(rule="unanimous")(said) == unanimous


def test_nobody_is_outvoted_before_the_adjudicator_has_read():
    rule = Adjudication(rule="adjudicated", adjudicator="R4")
    assert rule({"R1": "positive", "R2": "positive", "R3": "negative"}) == "uncertain"
    assert rule({"R1": "positive", "R2": "positive", "R4": "negative"}) == "negative"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rule": "most"}, "rule cannot be 'most'; use majority, unanimous, adjudicated"),
        ({"rule": "adjudicated"}, "adjudicated needs a reader whose verdict wins; give adjudicator"),
        ({"adjudicator": "R1"}, "majority has no adjudicator; use rule adjudicated, or take it out"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(arguments, message):
    with pytest.raises(ConfigError, match=re.escape(message)):
        Adjudication(**arguments)


def test_a_cell_without_verdicts_has_no_state():
    with pytest.raises(ConfigError, match="no reader has given a verdict"):
        Adjudication()({})


@settings(max_examples=40)
@given(cells=st.dictionaries(
    st.tuples(st.integers(1, 2), st.sampled_from("abcdef"), st.sampled_from(["mass", "edema"])), said_of_a_cell
))  # fmt: skip
def test_agreement_is_that_of_the_reference(cells):
    table = reader_agreement(entries_of(cells)).set_index("finding")
    read = {finding for (_, _, finding), said in cells.items() if len(said) > 1}
    assert list(table.index) == [*sorted(read), ""]
    for finding, row in table.iterrows():
        chosen = [list(said.values()) for (_, _, name), said in cells.items() if finding in ("", name)]
        count, conflicts, observed, kappa = agreement(chosen)
        assert (row["cells"], row["conflicts"]) == (count, conflicts)
        np.testing.assert_allclose(row["share"], conflicts / count if count else math.nan)
        np.testing.assert_allclose(row["agreement"], observed, atol=1e-12)
        np.testing.assert_allclose(row["kappa"], kappa, atol=1e-12)


@settings(max_examples=40)
@given(pairs=st.lists(st.tuples(st.sampled_from(VERDICTS), st.sampled_from(VERDICTS)), min_size=1, max_size=30))
def test_cohens_kappa_is_that_of_scikit_learn(pairs):
    first, second = zip(*pairs, strict=True)
    cells = {(1, f"{at}.png", "mass"): {"R1": a, "R2": b} for at, (a, b) in enumerate(pairs)}
    (row,) = pair_agreement(entries_of(cells)).to_dict("records")
    expected = math.nan if len({*first, *second}) == 1 else cohen_kappa_score(first, second)
    np.testing.assert_allclose(cohen_kappa(first, second), expected, atol=1e-12)
    np.testing.assert_allclose(row["kappa"], expected, atol=1e-12)
    assert row["cells"] == len(pairs)
    assert row["agreement"] == pytest.approx(sum(a == b for a, b in pairs) / len(pairs))


def test_pairs_are_compared_where_both_have_read():
    cells = {(1, "a", "mass"): {"R1": "positive", "R2": "negative"}, (1, "b", "mass"): {"R2": "positive"}}
    cells[2, "a", "mass"] = {"R1": "positive", "R3": "positive"}
    pairs = pair_agreement(entries_of(cells))
    assert pairs[["first", "second", "cells", "agreement"]].values.tolist() == [
        ["R1", "R2", 1, 0.0],
        ["R1", "R3", 1, 1.0],
    ]


def test_fleiss_kappa_is_below_zero_where_readers_agree_less_than_by_chance():
    counts = np.array([[2, 1, 0, 0], [1, 2, 0, 0]])
    observed, chance = 1 / 3, 1 / 2
    assert fleiss_kappa(counts) == pytest.approx((observed - chance) / (1 - chance))


def test_nothing_read_twice_is_no_agreement():
    table = reader_agreement(entries_of({(1, "a", "mass"): {"R1": "positive"}}))
    assert table["cells"].tolist() == [0]
    assert table[["share", "agreement", "kappa"]].isna().all(axis=None)
    assert pair_agreement([]).empty


def test_readers_of_different_cells_are_not_compared():
    with pytest.raises(LabelError, match="2 verdicts of one reader, 1 of the other"):
        cohen_kappa(["positive", "negative"], ["positive"])
