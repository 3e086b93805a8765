"""Every kind of simulation: equal to its reference, a function of seed and key, changing what it says and no more."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from lucency.labels import simulate
from references.simulation import of, reference_simulation

STATES = ["positive", "negative", "uncertain", "unmentioned"]
FINDINGS = ["edema", "effusion", "mass", "no_finding"]
WHOLE_TABLE = ("count_matched", "instance_dependent")
few = settings(max_examples=40)
FLIPS = ("symmetric", "asymmetric", "instance_dependent", "count_matched")

rates = st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]) | st.floats(0, 1)
per_finding = rates | st.dictionaries(st.sampled_from(FINDINGS), rates)
ARGUMENTS = {
    "single_positive": st.fixed_dictionaries(
        {},
        optional={"without_positive": st.sampled_from(["keep", "drop"]), "weights": st.just({"edema": 3, "mass": 0})},
    ),
    "m_positive": st.fixed_dictionaries({"m": st.integers(1, 5), "n": st.integers(0, 5)}),
    "mention_rate": st.fixed_dictionaries({}, optional={"positive": per_finding, "negative": per_finding}),
    "uncertain": st.fixed_dictionaries({}, optional={"positive": per_finding, "negative": per_finding}),
    "symmetric": st.fixed_dictionaries({"rate": per_finding}),
    "asymmetric": st.fixed_dictionaries({}, optional={"fn_rate": per_finding, "fp_rate": per_finding}),
    "instance_dependent": st.fixed_dictionaries({"fn_rate": per_finding, "fp_rate": per_finding}),
    "count_matched": st.fixed_dictionaries(
        {"fraction": per_finding, "mode": st.sampled_from(["balanced", "fn_only", "fp_only"])}
    ),
    "confusion": st.fixed_dictionaries(
        {
            "swaps": st.sampled_from([{"edema": "mass"}, {"edema": "mass", "mass": "edema", "effusion": "mass"}]),
            "rate": rates,
        }
    ),
}


def test_every_kind_is_tested():
    assert set(ARGUMENTS) == set(simulate.KINDS)


@st.composite
def tables(draw):
    rows = draw(st.lists(st.lists(st.sampled_from(STATES), min_size=4, max_size=4), max_size=10))
    rows += [["negative"] * 4] * sum(row.count("positive") for row in rows)  # enough negatives for any false positives
    frame = pd.DataFrame(rows, columns=FINDINGS, dtype=object)
    return frame.assign(image=[f"{number}.png" for number in range(len(rows))], comment="kept")


@st.composite
def calls(draw, kinds=tuple(ARGUMENTS)):
    kind, frame = draw(st.sampled_from(kinds)), draw(tables())
    arguments = draw(ARGUMENTS[kind]) | {"seed": draw(st.integers(-3, 2**40))}
    if kind == "instance_dependent":
        scores = st.lists(st.floats(1e-3, 1e3), min_size=len(frame), max_size=len(frame))
        arguments["scores"] = pd.DataFrame({finding: draw(scores) for finding in FINDINGS}, index=frame.index)
    return kind, frame, arguments


def apply(kind, frame, arguments):
    return simulate.KINDS[kind](frame, **arguments)


@given(calls())
def test_labels_equal_the_reference(call):
    kind, frame, arguments = call
    rows = frame[FINDINGS].to_dict("records")
    expected = reference_simulation(kind, rows, frame["image"].tolist(), FINDINGS, **arguments)
    assert apply(kind, frame, arguments)[FINDINGS].to_dict("records") == expected


@given(calls())
def test_the_truth_and_what_is_no_finding_are_left_alone(call):
    kind, frame, arguments = call
    before = frame.copy()
    result = apply(kind, frame, arguments)
    pd.testing.assert_frame_equal(frame, before)
    pd.testing.assert_frame_equal(result.drop(columns=FINDINGS), frame.drop(columns=FINDINGS).loc[result.index])
    assert list(result.columns) == list(frame.columns)
    assert (result.dtypes == frame.dtypes).all()


@given(calls(), st.randoms(use_true_random=False))
def test_the_order_of_rows_and_columns_does_not_matter(call, random):
    kind, frame, arguments = call
    shuffled = frame.loc[random.sample(list(frame.index), len(frame)), random.sample(list(frame.columns), 6)]
    result = apply(kind, frame, arguments)
    pd.testing.assert_frame_equal(apply(kind, shuffled, arguments).loc[result.index, result.columns], result)


@given(calls([kind for kind in ARGUMENTS if kind not in WHOLE_TABLE]), st.randoms(use_true_random=False))
def test_other_images_do_not_matter(call, random):
    kind, frame, arguments = call
    some = random.sample(list(frame.index), random.randint(0, len(frame)))
    result = apply(kind, frame, arguments)
    kept = [row for row in some if row in result.index]
    pd.testing.assert_frame_equal(apply(kind, frame.loc[some], arguments), result.loc[kept])


@few
@given(calls(["mention_rate", "uncertain", *FLIPS]), st.sampled_from(FINDINGS))
def test_other_findings_do_not_matter_and_are_kept_if_not_asked_for(call, finding):
    kind, frame, arguments = call
    arguments = {
        name: of(value, finding) if isinstance(value, dict) and finding in value else value
        for name, value in arguments.items()
        if not isinstance(value, dict) or finding in value
    }
    if kind in ("symmetric", "count_matched"):
        arguments = {"rate" if kind == "symmetric" else "fraction": 0.2} | arguments
    alone = apply(kind, frame, arguments | {"findings": [finding]})
    pd.testing.assert_series_equal(alone[finding], apply(kind, frame, arguments)[finding])
    pd.testing.assert_frame_equal(alone.drop(columns=finding), frame.drop(columns=finding))


@few
@given(calls(FLIPS))
def test_flips_touch_neither_uncertain_nor_unmentioned_labels(call):
    kind, frame, arguments = call
    result = apply(kind, frame, arguments)[FINDINGS]
    open_cells = frame[FINDINGS].isin(["uncertain", "unmentioned"])
    assert result.where(open_cells).equals(frame[FINDINGS].where(open_cells))
    assert not result.where(~open_cells).isin(["uncertain", "unmentioned"]).any(axis=None)


@few
@given(tables(), st.integers())
def test_single_positive_keeps_one_true_positive_and_nothing_else(frame, seed):
    result = simulate.single_positive(frame, seed=seed)[FINDINGS]
    positive = result.eq("positive")
    assert positive.sum(axis=1).equals(frame[FINDINGS].eq("positive").any(axis=1).astype(int))
    assert not (positive & frame[FINDINGS].ne("positive")).any(axis=None)
    assert result.mask(positive).isin(["unmentioned", np.nan]).all(axis=None)
    dropped = simulate.single_positive(frame, seed=seed, without_positive="drop")
    pd.testing.assert_frame_equal(dropped[FINDINGS], result[positive.any(axis=1)])


@few
@given(tables(), st.integers(1, 3))
def test_more_positives_keep_those_that_fewer_keep(frame, m):
    fewer, more = (simulate.m_positive(frame, m=count)[FINDINGS].eq("positive") for count in (m, m + 1))
    assert (more | ~fewer).all(axis=None)
    assert more.sum(axis=1).equals(frame[FINDINGS].eq("positive").sum(axis=1).clip(upper=m + 1))


@few
@given(tables(), st.tuples(rates, rates).map(sorted), st.sampled_from(["symmetric", "uncertain", "count_matched"]))
def test_a_higher_rate_changes_what_a_lower_one_changes(frame, pair, kind):
    argument = {"symmetric": "rate", "uncertain": "positive", "count_matched": "fraction"}[kind]
    fewer, more = (apply(kind, frame, {argument: rate}).ne(frame) for rate in pair)
    assert (more | ~fewer).all(axis=None)


@few
@given(tables(), st.integers())
def test_rates_that_say_nothing_happens_change_nothing(frame, seed):
    nothing = [
        {"mention_rate": {"positive": 1.0, "negative": 1}},
        {"uncertain": {"positive": 0.0}},
        {"symmetric": {"rate": 0}},
        {"asymmetric": {"fn_rate": {}}},
        {"instance_dependent": {"scores": pd.DataFrame()}},
        {"count_matched": {"fraction": 0}},
        {"confusion": {"swaps": {"edema": "mass"}, "rate": 0}},
    ]
    pd.testing.assert_frame_equal(simulate.chain(frame, nothing, seed=seed), frame)
    complete = frame[FINDINGS].isin(["positive", "unmentioned"]).all(axis=1)
    everything = simulate.m_positive(frame[complete], m=4, seed=seed)
    pd.testing.assert_frame_equal(everything, frame[complete])


@few
@given(tables(), st.integers())
def test_rates_that_say_it_always_happens_spare_nothing(frame, seed):
    flipped = simulate.symmetric(frame, rate=1.0, seed=seed)[FINDINGS]
    opposite = {"positive": "negative", "negative": "positive"}
    assert flipped.equals(frame[FINDINGS].replace(opposite))
    hidden = simulate.mention_rate(frame, positive=0.0, negative=0.0, seed=seed)[FINDINGS]
    assert hidden.equals(frame[FINDINGS].replace(dict.fromkeys(opposite, "unmentioned")))
    open_ = simulate.uncertain(frame, positive=1.0, negative=1.0, seed=seed)[FINDINGS]
    assert open_.equals(frame[FINDINGS].replace(dict.fromkeys(opposite, "uncertain")))
