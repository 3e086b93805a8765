import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lucency.errors import ConfigError, LabelError
from lucency.labels import CHEXPERT14, TargetPolicy
from lucency.labels.policies import uniform
from references.targets import reference_targets, reference_uniform

STATES = ["positive", "negative", "uncertain", "unmentioned"]
FINDINGS = ["edema", "effusion", "support_devices", "no_finding"]
UNCERTAIN = ["ignore", "ones", "zeros", "smooth_ones", "smooth_zeros", "share"]
UNMENTIONED = ["unknown", "negative", "negative_if_no_finding"]


@st.composite
def state_frames(draw):
    rows = draw(st.lists(st.lists(st.sampled_from(STATES), min_size=4, max_size=4), max_size=8))
    frame = pd.DataFrame(rows, columns=FINDINGS, dtype=object)
    frame = frame.assign(image=[f"image{row}.png" for row in range(len(rows))])
    shares = st.lists(st.sampled_from(["", "0", "0.25", "1.0"]), min_size=len(rows), max_size=len(rows))
    shared = draw(st.lists(st.sampled_from(FINDINGS), min_size=1, unique=True))
    frame = frame.assign(**{f"share_{finding}": pd.Series(draw(shares), dtype=object) for finding in shared})
    if draw(st.booleans()):
        lists = st.lists(st.sampled_from(FINDINGS), unique=True).map(" ".join)
        frame["labelled"] = pd.Series(draw(st.lists(lists, min_size=len(rows), max_size=len(rows))), dtype=object)
    return frame


@st.composite
def policies(draw):
    bounds = st.tuples(st.floats(0, 1), st.floats(0, 1)).map(lambda pair: tuple(sorted(pair)))
    return TargetPolicy(
        uncertain=draw(st.sampled_from(UNCERTAIN)),
        unmentioned=draw(st.sampled_from(UNMENTIONED)),
        seed=draw(st.integers(-5, 2**40)),
        smooth_ones_range=draw(bounds),
        smooth_zeros_range=draw(bounds),
    )


def one(policy, **states):
    """Target of the first finding of a single image."""
    return policy.targets(pd.DataFrame([states]), [next(iter(states))])[0, 0]


@given(state_frames(), policies(), st.permutations(FINDINGS))
def test_targets_equal_the_reference(states, policy, findings):
    targets = policy.targets(states, findings)
    expected = reference_targets(
        states,
        findings,
        list(states["image"]),
        policy.uncertain,
        policy.unmentioned,
        policy.seed,
        policy.smooth_ones_range,
        policy.smooth_zeros_range,
    )
    assert targets.dtype == np.float32
    np.testing.assert_array_equal(targets, np.asarray(expected, dtype=np.float32).reshape(len(states), len(findings)))


@given(state_frames(), policies())
def test_targets_are_in_the_unit_interval_or_unknown(states, policy):
    targets = policy.targets(states, FINDINGS)
    assert (np.isnan(targets) | ((targets >= 0) & (targets <= 1))).all()


@given(state_frames(), policies(), st.randoms(use_true_random=False))
def test_rows_can_be_permuted_and_left_out(states, policy, random):
    rows = random.sample(range(len(states)), random.randint(0, len(states)))
    chosen = states.iloc[rows].reset_index(drop=True)
    np.testing.assert_array_equal(policy.targets(chosen, FINDINGS), policy.targets(states, FINDINGS)[rows])


@given(state_frames(), policies())
def test_no_policy_invents_labels_that_nobody_was_asked_for(states, policy):
    targets = policy.targets(states.assign(labelled="edema"), FINDINGS)
    unasked = (states[FINDINGS] == "unmentioned").to_numpy() & (np.array(FINDINGS) != "edema")
    assert np.isnan(targets[unasked]).all()


@pytest.mark.parametrize("share", ["1.5", "-1", "most"])
def test_a_share_that_is_none_is_named(share):
    states = pd.DataFrame({"edema": ["uncertain"], "share_edema": [share]})
    with pytest.raises(LabelError, match=f"share_edema is '{share}'; give a share from 0 to 1"):
        TargetPolicy(uncertain="share").targets(states, ["edema"])


def test_shares_are_needed_to_use_them():
    with pytest.raises(LabelError, match=r"uncertain: share needs columns share_<finding>"):
        TargetPolicy(uncertain="share").targets(pd.DataFrame({"edema": ["uncertain"]}), ["edema"])


@given(state_frames(), policies(), st.sampled_from(FINDINGS))
def test_other_findings_do_not_matter(states, policy, finding):
    alone = policy.targets(states, [finding])[:, 0]
    np.testing.assert_array_equal(alone, policy.targets(states, FINDINGS)[:, FINDINGS.index(finding)])


@given(state_frames(), policies(), st.sampled_from(UNMENTIONED))
def test_the_unmentioned_policy_leaves_what_was_said(states, policy, other):
    changed = TargetPolicy(**{**vars(policy), "unmentioned": other})
    said = (states[FINDINGS] != "unmentioned").to_numpy()
    np.testing.assert_array_equal(policy.targets(states, FINDINGS)[said], changed.targets(states, FINDINGS)[said])


@given(state_frames(), policies(), st.sampled_from(UNCERTAIN))
def test_the_uncertain_policy_touches_uncertain_cells_only(states, policy, other):
    changed = TargetPolicy(**{**vars(policy), "uncertain": other})
    certain = (states[FINDINGS] != "uncertain").to_numpy()
    np.testing.assert_array_equal(policy.targets(states, FINDINGS)[certain], changed.targets(states, FINDINGS)[certain])


@given(state_frames(), policies())
def test_the_frame_is_left_alone(states, policy):
    before = states.copy()
    policy.targets(states, FINDINGS)
    pd.testing.assert_frame_equal(states, before)


def test_a_positive_no_finding_denies_the_unmentioned_only():
    policy = TargetPolicy(uncertain="ones", unmentioned="negative_if_no_finding")
    assert one(policy, edema="unmentioned", no_finding="positive") == 0
    assert one(policy, edema="positive", no_finding="positive") == 1
    assert one(policy, edema="uncertain", no_finding="positive") == 1
    assert np.isnan(one(policy, support_devices="unmentioned", no_finding="positive"))
    for state in STATES[1:]:
        assert np.isnan(one(policy, edema="unmentioned", no_finding=state))
    assert np.isnan(one(policy, no_finding="unmentioned", edema="positive"))


def test_negative_if_no_finding_needs_that_column():
    policy = TargetPolicy(unmentioned="negative_if_no_finding")
    with pytest.raises(LabelError, match="finding 'no_finding': the label states have no such column"):
        policy.targets(pd.DataFrame({"edema": ["positive"]}), ["edema"])


@pytest.mark.parametrize(("policy", "bounds"), [("smooth_ones", (0.55, 0.85)), ("smooth_zeros", (0.0, 0.3))])
def test_smoothed_targets_fill_the_range_of_the_paper_evenly(policy, bounds):
    count = 4000
    states = pd.DataFrame({"edema": ["uncertain"] * count})
    targets = TargetPolicy(uncertain=policy).targets(states, ["edema"])[:, 0].astype(np.float64)
    low, high = bounds
    assert low - 1e-6 <= targets.min() < targets.max() <= high + 1e-6
    quantiles = np.quantile(targets, [0.1, 0.5, 0.9])
    deviation = 4 * (high - low) * 0.5 / np.sqrt(count)  # four standard errors of the widest of the three
    np.testing.assert_allclose(quantiles, low + (high - low) * np.array([0.1, 0.5, 0.9]), atol=deviation)


@given(st.integers(), st.text(), st.text())
@settings(max_examples=50)
def test_a_draw_equals_the_reference_and_is_below_one(seed, finding, key):
    assert uniform(seed, finding, key) == reference_uniform(seed, finding, key)
    assert 0 <= uniform(seed, finding, key) < 1


def test_draws_differ_by_seed_finding_and_image():
    states = pd.DataFrame({finding: ["uncertain"] * 20 for finding in FINDINGS})
    first, second = (TargetPolicy(uncertain="smooth_ones", seed=seed).targets(states, FINDINGS) for seed in (0, 1))
    assert len(np.unique(np.stack([first, second]))) == 2 * first.size


def test_keys_are_the_image_column_else_the_index_else_what_is_given():
    policy = TargetPolicy(uncertain="smooth_zeros")
    states = pd.DataFrame({"edema": ["uncertain", "uncertain"]}, index=["a", "b"])
    by_index = policy.targets(states, ["edema"])
    np.testing.assert_array_equal(policy.targets(states.reset_index(drop=True), ["edema"], keys=["a", "b"]), by_index)
    np.testing.assert_array_equal(
        policy.targets(states.assign(image=["a", "b"]).reset_index(drop=True), ["edema"]), by_index
    )
    assert (policy.targets(states, ["edema"], keys=["c", "d"]) != by_index).all()
    with pytest.raises(LabelError, match="1 keys for 2 rows"):
        policy.targets(states, ["edema"], keys=["a"])


def test_chexpert_policies_of_the_paper():
    raw = {1.0: "positive", 0.0: "negative", -1.0: "uncertain", None: "unmentioned"}
    states = pd.DataFrame({finding: list(raw.values()) for finding in CHEXPERT14})
    for policy, expected in {"ignore": np.nan, "ones": 1, "zeros": 0}.items():
        targets = TargetPolicy(uncertain=policy, unmentioned="negative").targets(states, CHEXPERT14)
        np.testing.assert_array_equal(targets, np.tile(np.float32([[1], [0], [expected], [0]]), 14))


@pytest.mark.parametrize(
    ("states", "findings", "message"),
    [
        ({"edema": ["positive"]}, ["oedema"], "finding 'oedema': .* did you mean 'edema'?"),
        ({"edema": ["positive"]}, ["hernia"], "finding 'hernia': .* add it"),
        ({"edema": ["positive"]}, ["edema", "edema"], "finding 'edema' is asked for twice"),
        ({"edema": ["positive", "-1"]}, ["edema"], "finding 'edema', row 1: '-1' is not a label state"),
        ({"edema": ["positive", np.nan]}, ["edema"], "finding 'edema', row 1: an empty cell"),
        ({"edema": [1, 0]}, ["edema"], "finding 'edema', row 0: 1 is not a label state"),
    ],
)
def test_errors_name_the_finding(states, findings, message):
    with pytest.raises(LabelError, match=message):
        TargetPolicy().targets(pd.DataFrame(states), findings)


def test_two_columns_of_one_finding_are_refused():
    states = pd.DataFrame([["positive", "negative"]], columns=["edema", "edema"])
    with pytest.raises(LabelError, match="finding 'edema' is the name of two columns"):
        TargetPolicy().targets(states, ["edema"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"uncertain": "one"}, "uncertain cannot be 'one'; did you mean 'ones'?"),
        ({"uncertain": -1}, "uncertain cannot be -1; use ignore, ones"),
        ({"unmentioned": "negativ"}, "unmentioned cannot be 'negativ'; did you mean 'negative'?"),
        ({"smooth_ones_range": (0.9, 0.5)}, r"smooth_ones_range cannot be \(0.9, 0.5\)"),
        ({"smooth_zeros_range": (0, 1.5)}, "smooth_zeros_range cannot be"),
        ({"smooth_zeros_range": 0.3}, "smooth_zeros_range cannot be 0.3"),
        ({"smooth_zeros_range": (float("nan"), 1)}, "smooth_zeros_range cannot be"),
    ],
)
def test_nonsense_policies_are_refused(arguments, message):
    with pytest.raises(ConfigError, match=message):
        TargetPolicy(**arguments)


def test_a_policy_from_yaml_equals_one_from_python():
    assert TargetPolicy(smooth_ones_range=[0.55, 0.85]) == TargetPolicy()
    assert hash(TargetPolicy(smooth_ones_range=[0.55, 0.85])) == hash(TargetPolicy())
