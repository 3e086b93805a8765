"""The oracle: truth at a price, and nothing of the truth besides."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lucency.errors import ConfigError, LabelError
from lucency.labels.simulate import symmetric
from lucency.refine import Ledger
from lucency.refine.oracle import SimulatedOracle

FINDINGS = ("edema", "mass")
IMAGES = [f"{at}.png" for at in range(6)]
CELLS = [(image, finding) for image in IMAGES for finding in FINDINGS]
STATES = ("positive", "negative")


def table(states):
    """A study table with two findings of six images."""
    frame = pd.DataFrame(np.array(states, dtype=object).reshape(len(IMAGES), -1), columns=list(FINDINGS))
    about = {"patient": IMAGES, "study": "", "view": "PA", "sex": "", "source": "x"}
    return frame.assign(image=IMAGES, **about).astype(str).assign(age=float("nan"))


truths = st.lists(st.sampled_from(STATES), min_size=len(CELLS), max_size=len(CELLS))
rounds_of_questions = st.lists(
    st.lists(st.sampled_from(CELLS), min_size=1, max_size=8, unique=True), min_size=1, max_size=4
)
oracles = st.fixed_dictionaries(
    {
        "error_rate": st.sampled_from([0.0, 0.3, 1.0]),
        "seed": st.integers(0, 3),
        "readers": st.sampled_from([1, 3]),
        "until_majority": st.booleans(),
    }
)


def states_of(frame):
    return {(image, finding): frame.set_index("image").loc[image, finding] for image, finding in CELLS}


def after_rounds(observed, oracle, rounds):
    """States at the end, and what was asked."""
    with tempfile.TemporaryDirectory() as folder, Ledger.create(Path(folder) / "l.sqlite", observed) as ledger:
        for number, questions in enumerate(rounds, start=1):
            ledger.ask(number, questions)
            ledger.record(oracle.answer(questions, round=number))
        return states_of(ledger.frame()), set(ledger.asked())


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(truths, oracles, rounds_of_questions, st.integers(0, 9))
def test_no_label_changes_that_was_not_paid_for(truth, oracle, rounds, seed):
    observed = symmetric(table(truth), rate=0.5, seed=seed)
    paid = SimulatedOracle(table(truth), **oracle)
    labels, asked = after_rounds(observed, paid, rounds)
    before = states_of(observed)
    changed = {cell for cell in CELLS if labels[cell] != before[cell]}
    assert changed <= asked
    assert len(changed) <= len(asked) <= paid.calls
    if oracle["error_rate"] == 0:
        assert all(labels[cell] == states_of(table(truth))[cell] for cell in asked)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(truths, oracles, rounds_of_questions)
def test_the_truth_of_what_was_not_asked_has_no_influence(truth, oracle, rounds):
    asked = {cell for questions in rounds for cell in questions}
    other = [state if cell in asked else STATES[state == STATES[0]] for cell, state in zip(CELLS, truth, strict=True)]
    observed = table(["negative"] * len(CELLS))
    ends = [after_rounds(observed, SimulatedOracle(table(given), **oracle), rounds)[0] for given in (truth, other)]
    assert ends[0] == ends[1]


@given(truths, oracles, st.permutations(CELLS))
@settings(max_examples=20, deadline=None)
def test_neither_order_nor_company_of_questions_matters(truth, oracle, order):
    whole = SimulatedOracle(table(truth), **oracle).answer(CELLS, round=2)
    alone = SimulatedOracle(table(truth), **oracle)
    assert sorted(map(str, whole)) == sorted(str(said) for cell in order for said in alone.answer([cell], round=2))
    assert alone.calls == len(whole)


def large(error_rate, **others):
    """2,000 true positives, and the oracle that is asked about them."""
    images = [f"{at}.png" for at in range(2000)]
    truth = pd.DataFrame({"image": images, "edema": "positive"})
    oracle = SimulatedOracle(truth, error_rate=error_rate, **others)
    return oracle, oracle.answer([(image, "edema") for image in images], round=1)


def test_readers_err_at_their_rate_and_independently_of_each_other():
    _, verdicts = large(0.3, readers=2)
    wrong = {
        number: np.array([said.state == "negative" for said in verdicts if said.reader == f"oracle-{number}"])
        for number in (1, 2)
    }
    for errors in wrong.values():
        assert abs(errors.mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 2000)
    assert abs((wrong[1] & wrong[2]).mean() - 0.09) < 4 * np.sqrt(0.09 * 0.91 / 2000)


def test_until_majority_asks_the_third_reader_only_where_two_differ():
    rate = 0.2
    oracle, verdicts = large(rate, readers=3, until_majority=True)
    said = pd.DataFrame([(one.image, one.state) for one in verdicts], columns=["image", "state"]).groupby("image")
    assert oracle.calls == len(verdicts) == sum(2 if group.state.iloc[:2].nunique() == 1 else 3 for _, group in said)
    asked_thrice = 2 * rate * (1 - rate)
    assert abs(oracle.calls / 2000 - (2 + asked_thrice)) < 4 * np.sqrt(asked_thrice * (1 - asked_thrice) / 2000)


def test_another_round_is_another_look():
    oracle, first = large(0.5)
    second = oracle.answer([(said.image, "edema") for said in first], round=2)
    assert 0.4 < np.mean([one.state == two.state for one, two in zip(first, second, strict=True)]) < 0.6


def test_what_the_truth_leaves_open_is_answered_so():
    truth = pd.DataFrame({"image": ["a"], "edema": ["uncertain"]})
    (said,) = SimulatedOracle(truth, error_rate=1.0).answer([("a", "edema")], round=1)
    assert said.state == "uncertain"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"readers": 0}, "readers cannot be 0"),
        ({"readers": 2, "until_majority": True}, "2 readers may find no majority"),
        ({"error_rate": 1.5}, "error_rate cannot be 1.5"),
    ],
)
def test_arguments_out_of_bounds(arguments, message):
    with pytest.raises(ConfigError, match=message):
        SimulatedOracle(table(["positive"] * len(CELLS)), **arguments)


@pytest.mark.parametrize(
    ("truth", "message"),
    [
        ({"edema": ["positive"]}, "column image"),
        ({"image": ["a", "a"], "edema": ["positive"] * 2}, "every image once"),
        ({"image": ["a"], "comment": ["-"]}, "no column that is a finding id"),
    ],
)
def test_a_truth_that_cannot_answer(truth, message):
    with pytest.raises(LabelError, match=message):
        SimulatedOracle(pd.DataFrame(truth))


@pytest.mark.parametrize(
    ("question", "message"),
    [(("b", "edema"), "no edema of 'b'"), (("a", "mass"), "no mass of 'a'"), (("a", "edema"), "says nothing of edema")],
)
def test_a_question_that_has_no_answer_costs_nothing(question, message):
    oracle = SimulatedOracle(pd.DataFrame({"image": ["a"], "edema": ["unmentioned"], "nodule": ["positive"]}))
    with pytest.raises(LabelError, match=message):
        oracle.answer([("a", "nodule"), question], round=1)
    assert oracle.calls == 0
