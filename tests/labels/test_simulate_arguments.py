"""Chains, keys and everything that can be given wrongly."""

import pandas as pd
import pytest

from lucency.errors import ConfigError, LabelError
from lucency.labels import simulate

TRUTH = pd.DataFrame(
    {
        "edema": ["positive", "positive", "negative", "negative"],
        "mass": ["positive", "negative", "positive", "negative"],
        "image": ["a", "b", "c", "d"],
    }
)
SCORES = pd.DataFrame({"edema": [0.5, 0.0, 1.0, 1.0], "mass": 1.0})


def test_a_chain_is_its_steps_one_after_the_other():
    steps = [{"asymmetric": {"fn_rate": 0.5, "fp_rate": 0.5}}, {"uncertain": {"positive": 0.5}}, "single_positive"]
    by_hand = simulate.asymmetric(TRUTH, fn_rate=0.5, fp_rate=0.5, seed=4)
    by_hand = simulate.single_positive(simulate.uncertain(by_hand, positive=0.5, seed=4), seed=4)
    pd.testing.assert_frame_equal(simulate.chain(TRUTH, steps, seed=4), by_hand)
    backwards = simulate.chain(TRUTH, steps[::-1], seed=4)
    assert not backwards.equals(by_hand)


def test_a_chain_keeps_keys_and_scores_with_their_rows_when_rows_are_dropped():
    keys = ["p", "q", "r", "s"]
    steps = [
        {"m_positive": {"m": 2, "n": 2, "without_positive": "drop"}},
        {"instance_dependent": {"scores": SCORES, "fn_rate": {"edema": 0.5}}},
        {"uncertain": {"negative": 0.5}},
    ]
    result = simulate.chain(TRUTH.iloc[::-1], steps, seed=4, keys=keys[::-1])
    assert list(result.index) == [2, 1, 0]
    assert result.loc[1, "edema"] == "positive"  # of score 0
    dropped = simulate.m_positive(TRUTH, m=2, n=2, without_positive="drop", seed=4, keys=keys)
    by_hand = simulate.instance_dependent(dropped, scores=SCORES, fn_rate={"edema": 0.5}, seed=4, keys=keys[:3])
    by_hand = simulate.uncertain(by_hand, negative=0.5, seed=4, keys=keys[:3])
    pd.testing.assert_frame_equal(result.sort_index(), by_hand)


def test_rows_with_one_key_are_drawn_alike():
    same = pd.DataFrame({"edema": ["positive"] * 50, "mass": ["positive"] * 50})
    alike = simulate.single_positive(same, keys=["study 1"] * 50)
    assert len(alike.drop_duplicates()) == 1
    assert len(simulate.single_positive(same).drop_duplicates()) == 2


def test_draws_belong_to_the_image_not_to_its_place():
    again = simulate.symmetric(TRUTH.set_axis([7, 8, 9, 10]), rate=0.5)
    assert again.to_dict("list") == simulate.symmetric(TRUTH, rate=0.5).to_dict("list")
    by_index = simulate.symmetric(TRUTH.set_index("image"), rate=0.5)
    assert by_index.reset_index()[list(TRUTH)].equals(simulate.symmetric(TRUTH, rate=0.5))


def test_findings_that_no_vocabulary_knows_can_be_named():
    states = pd.DataFrame({"dog": ["positive"], "cat": ["positive"]})
    assert simulate.single_positive(states, findings=["dog", "cat"]).eq("positive").sum().sum() == 1
    with pytest.raises(LabelError, match="no column is a finding id; name the columns to work on"):
        simulate.single_positive(states)


def test_two_swaps_at_once_exchange_names():
    states = pd.DataFrame(
        {"edema": ["positive", "positive", "negative"], "mass": ["positive", "uncertain", "positive"]}
    )
    result = simulate.confusion(states, swaps={"edema": "mass", "mass": "edema"}, rate=1.0)
    assert result["edema"].tolist() == ["positive", "negative", "positive"]
    assert result["mass"].tolist() == ["positive", "positive", "negative"]


def test_all_labels_with_a_score_flip_where_the_rate_is_their_share():
    states = pd.DataFrame({"edema": ["positive"] * 25})
    scores = pd.DataFrame({"edema": [100.0] * 7 + [0.0] * 18})
    result = simulate.instance_dependent(states, scores=scores, fn_rate=7 / 25)  # 7 / 25 * 25 > 7 in floating point
    assert result["edema"].tolist() == ["negative"] * 7 + ["positive"] * 18


WRONG = [
    ("single_postive", {}, "unknown kind 'single_postive'; did you mean 'single_positive'?"),
    ("shuffle", {}, "unknown kind 'shuffle'; there are single_positive, m_positive"),
    ("symmetric", {"rtae": 0.1}, "symmetric: has no argument 'rtae'; did you mean 'rate'?"),
    ("symmetric", {"rate": 0.1, "seed": 3}, "symmetric: has no argument 'seed'; there are rate"),
    ("symmetric", {}, "symmetric: rate is missing; write 'symmetric: {rate: ...}'"),
    ("symmetric", {"rate": 1.5}, "symmetric: rate cannot be 1.5; give a number from 0 to 1"),
    ("symmetric", {"rate": -0.1}, "symmetric: rate cannot be -0.1"),
    ("symmetric", {"rate": float("nan")}, "symmetric: rate cannot be nan"),
    ("symmetric", {"rate": True}, "symmetric: rate cannot be True"),
    ("symmetric", {"rate": "1e-2"}, "symmetric: rate cannot be '1e-2'"),
    ("symmetric", {"rate": {"mass": 2}}, "symmetric: rate of 'mass' cannot be 2; give a number from 0 to 1"),
    ("asymmetric", {"fp_rate": {"mas": 0.2}}, "fp_rate: 'mas' is not among the findings; did you mean 'mass'?"),
    ("mention_rate", {"positive": None}, "mention_rate: positive cannot be None"),
    ("uncertain", {"negative": [0.1]}, "uncertain: negative cannot be"),
    ("m_positive", {"m": 0}, "m_positive: m cannot be 0; give a whole number of 1 or more"),
    ("m_positive", {"m": 1.0}, "m_positive: m cannot be 1.0"),
    ("m_positive", {"m": 1, "n": -1}, "m_positive: n cannot be -1; give a whole number of 0 or more"),
    ("single_positive", {"weights": {"mass": -1}}, "weights of 'mass' cannot be -1; give a number of 0 or more"),
    ("single_positive", {"weights": float("inf")}, "weights cannot be inf"),
    ("single_positive", {"without_positive": "droop"}, "without_positive cannot be 'droop'; use keep or drop"),
    ("count_matched", {"fraction": 0.5, "mode": "both"}, "mode cannot be 'both'; use balanced, fn_only or fp_only"),
    ("confusion", {"swaps": {}, "rate": 1}, "confusion: swaps cannot be {}"),
    ("confusion", {"swaps": ["edema", "mass"], "rate": 1}, "confusion: swaps cannot be"),
    ("confusion", {"swaps": {"edema": "edema"}, "rate": 1}, "'edema' is swapped with itself; name two findings"),
    ("confusion", {"swaps": {"edema": "nodule"}, "rate": 1}, "'nodule' is not among the findings; they are"),
    ("confusion", {"swaps": {"edema": "mass"}, "rate": {"mass": 1}}, "'mass' is not among the findings"),
    (
        "instance_dependent",
        {"scores": SCORES, "fn_rate": 0.75},
        "fn_rate of 'edema' cannot be 0.75; only 0.5 of those labels have a score above 0",
    ),
    ("instance_dependent", {"scores": SCORES[["mass"]], "fn_rate": 0.1}, "the scores have no column 'edema'"),
    ("instance_dependent", {"scores": SCORES - 1, "fn_rate": 0.1}, "score of 'edema' is missing or not a number"),
    ("instance_dependent", {"scores": SCORES.iloc[1:], "fn_rate": 0.1}, "not a number of 0 or more for row 0"),
    ("instance_dependent", {"scores": SCORES.iloc[[0, 0]], "fn_rate": 0.1}, "have an index that names a row twice"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "arguments", "message"), WRONG)
def test_wrong_arguments_are_named(kind, arguments, message):
    with pytest.raises((ConfigError, LabelError)) as caught:
        simulate.chain(TRUTH, [{kind: arguments}])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_too_few_negatives_are_named():
    states = pd.DataFrame({"edema": ["positive"] * 10 + ["negative"] * 2 + ["unmentioned"] * 10})
    with pytest.raises(ConfigError, match="'edema' has 2 negatives to make 3 false positives of"):
        simulate.count_matched(states, fraction=0.3, mode="fp_only")


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([], "give a list of kinds: single_positive"),
        ("single_positive", "give a list of kinds"),
        ({"single_positive": {}}, "give a list of kinds"),
        ([3], "cannot read 3; write 'kind' or 'kind: {argument: value}'"),
        ([{"symmetric": 0.1}], "cannot read {'symmetric': 0.1}"),
        ([{"symmetric": {"rate": 0.1}, "uncertain": {}}], "cannot read"),
        (["uncertain", "symmetric", {"uncertain": {"positive": 0.1}}], "symmetric: rate is missing"),
        (["uncertain", {"uncertain": {"positive": 0.1}}], "uncertain would draw the same numbers as a step before it"),
        ([{"m_positive": {"m": 2}}, "single_positive"], "single_positive would draw the same numbers"),
    ],
)
def test_wrong_chains_are_named(steps, message):
    with pytest.raises(ConfigError) as caught:
        simulate.chain(TRUTH, steps)
    assert message in str(caught.value)


def test_a_finding_that_is_missing_or_there_twice_and_a_raw_code_are_named():
    with pytest.raises(LabelError, match="finding 'edma': the label states have no such column; did you mean 'edema'"):
        simulate.single_positive(TRUTH, findings=["edma"])
    with pytest.raises(LabelError, match="finding 'edema' is the name of two columns"):
        simulate.single_positive(pd.concat([TRUTH, TRUTH[["edema"]]], axis=1))
    with pytest.raises(LabelError, match="finding 'edema', row 0: 1 is not a label state"):
        simulate.single_positive(TRUTH.assign(edema=1))
    with pytest.raises(LabelError, match="3 keys for 4 rows"):
        simulate.single_positive(TRUTH, keys="abc")
    with pytest.raises(LabelError, match="the index names a row twice"):
        simulate.chain(TRUTH.set_axis([0, 0, 1, 2]), ["single_positive"])
