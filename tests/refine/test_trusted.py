"""Only labels that somebody vouches for reach phase 2, whatever the policy makes of silence."""

import itertools
from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lucency.data import check_study_table, finding_columns
from lucency.errors import TableError
from lucency.labels import TargetPolicy
from lucency.labels.policies import Uncertain, Unmentioned
from lucency.refine import LabelEntry, Ledger
from lucency.refine.trusted import trusted_table
from references.study_tables import plain_table, study_tables

POLICIES = [
    TargetPolicy(uncertain=uncertain, unmentioned=unmentioned)
    for uncertain, unmentioned in itertools.product(get_args(Uncertain), get_args(Unmentioned))
    if uncertain != "share"
]


def entries_of(frame, policy, kept, findings=None):
    """What a co-teaching run on the training split leaves; `kept(image, finding)` gives a mask for each network."""
    train = frame[frame["split"] == "train"] if "split" in frame else frame
    findings = finding_columns(frame) if findings is None else findings
    targets = policy.targets(train, findings)
    rows = [
        (image, finding, int(target), *kept(image, finding))
        for image, row in zip(train["image"], targets.tolist(), strict=True)
        for finding, target in zip(findings, row, strict=True)
        if target in (0, 1)
    ]
    return pd.DataFrame(rows, columns=["image", "finding", "observed", "kept", "kept_second"])


def chooser(seed):
    def kept(image, finding):
        rng = np.random.default_rng([seed, *image.encode(), *finding.encode()])
        return rng.random() < 0.6, rng.random() < 0.6

    return kept


@st.composite
def tables(draw):
    """Study tables with a column no_finding, of which some say who labels and what is implied."""
    frame = draw(study_tables(max_patients=4))
    if draw(st.booleans()):
        frame = frame.drop(columns="split")
    states = st.lists(
        st.sampled_from(["positive", "negative", "unmentioned"]), min_size=len(frame), max_size=len(frame)
    )
    frame["no_finding"] = draw(states)
    if draw(st.booleans()):
        findings = finding_columns(frame)
        known = [[f for f in findings if row[f] != "unmentioned" or draw(st.booleans())] for _, row in frame.iterrows()]
        implied = [[f for f in names if draw(st.booleans())] for names in known]
        frame["labelled"] = [" ".join([*set(k) - set(i), "mass"]) for k, i in zip(known, implied, strict=True)]
        frame["implied"] = [" ".join(names) for names in implied]
    if draw(st.booleans()):
        frame["share_edema"] = "0.5"
    return frame.astype({column: str for column in frame if column != "age"})


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables(), st.sampled_from(POLICIES), st.integers(0, 99))
def test_under_every_policy_what_nobody_vouches_for_is_unknown_and_the_rest_as_it_was(frame, policy, seed):
    findings = finding_columns(frame)
    entries = entries_of(frame, policy, chooser(seed))
    read = [(i, f) for i, f in zip(entries["image"], entries["finding"], strict=True) if chooser(seed + 1)(i, f)[0]]
    before = frame.copy()
    after = trusted_table(frame, entries, read)
    pd.testing.assert_frame_equal(frame, before)
    check_study_table(after, "after")
    trusted = {(e.image, e.finding) for e in entries.itertuples() if e.kept and e.kept_second} | set(read)
    dropped = {(e.image, e.finding) for e in entries.itertuples()} - trusted
    for other in POLICIES:
        old, new = (other.targets(table, findings) for table in (frame, after))
        for row, image in enumerate(frame["image"]):
            lost = other.unmentioned == "negative_if_no_finding" and (image, "no_finding") in dropped
            for column, finding in enumerate(findings):
                if (image, finding) in dropped:
                    assert np.isnan(new[row, column])
                elif not (lost and frame.loc[row, finding] == "unmentioned"):
                    np.testing.assert_equal(new[row, column], old[row, column])
    for row, image in enumerate(frame["image"]):
        gone = {finding for finding in findings if (image, finding) in dropped}
        listed = set(after.loc[row, "labelled"].split())
        assert listed == (set(frame.loc[row, "labelled"].split()) if "labelled" in frame else set(findings)) - gone
        if "implied" in frame:
            assert set(after.loc[row, "implied"].split()) == set(frame.loc[row, "implied"].split()) - gone
        if "share_edema" in frame:
            assert after.loc[row, "share_edema"] == ("" if "edema" in gone else "0.5")
    assert [column for column in after if column != "labelled"] == [c for c in frame if c != "labelled"]


def kept_by(first, second):
    return lambda image, finding: (first, second)


@pytest.mark.parametrize("kept", list(itertools.product([True, False], repeat=2)))
def test_both_networks_must_keep_it(kept):
    frame = plain_table().astype({"age": float})
    after = trusted_table(frame, entries_of(frame, TargetPolicy(), kept_by(*kept)))
    train = frame["split"] == "train"
    expected = frame["effusion"] if all(kept) else frame["effusion"].mask(train, "unmentioned")
    assert after["effusion"].tolist() == expected.tolist()
    others = [column for column in frame if column not in ("effusion", "edema")]
    pd.testing.assert_frame_equal(after[others], frame[others])


def test_what_readers_said_stays_and_a_later_verdict_need_not_be_that_of_the_run(tmp_path):
    frame = plain_table()
    entries = entries_of(frame, TargetPolicy(), kept_by(False, False))
    with Ledger.create(tmp_path / "ledger.sqlite", frame) as ledger:
        cells = [("images/0.png", "effusion"), ("images/1.png", "edema"), ("images/5.png", "edema")]
        ledger.ask(1, cells)
        said = zip(cells, ("negative", "positive", "uncertain"), strict=True)
        ledger.record(
            LabelEntry(image=image, finding=finding, state=state, source="reads.csv", reader="R1", round=1)
            for (image, finding), state in said
        )
        read = [(verdict.image, verdict.finding) for verdict in ledger.verdicts()]
        after = trusted_table(ledger.frame(), entries, read).set_index("image")
    assert after.loc["images/0.png", "effusion"] == "negative"
    assert after.loc["images/1.png", "edema"] == "positive"  # was unknown in the run
    assert after.loc["images/5.png", "edema"] == "uncertain"
    assert after.loc["images/1.png", "effusion"] == after.loc["images/5.png", "effusion"] == "unmentioned"
    assert after.loc["images/1.png", "labelled"] == "edema"
    assert after.loc["images/4.png", "effusion"] == "positive"  # of split test


def test_findings_that_were_not_trained_on_stay():
    frame = plain_table()
    after = trusted_table(frame, entries_of(frame, TargetPolicy(), kept_by(False, False), ["effusion"]))
    assert after["edema"].tolist() == frame["edema"].tolist()
    assert after.loc[0, "effusion"] == "unmentioned"


def changed(entries, **values):
    return pd.concat([entries.iloc[:1].assign(**values), entries.iloc[1:]], ignore_index=True)


@pytest.mark.parametrize(
    ("change", "read", "message"),
    [
        (lambda e: changed(e, image="x.png"), [], "entries: image x.png is not in the study table"),
        (lambda e: changed(e, finding="mass"), [], "entries: finding mass is not in the study table"),
        (lambda e: pd.concat([e, e[:1]]), [], "entries: effusion of images/0.png is there twice"),
        (lambda e: changed(e, image="images/2.png"), [], "entries: image images/2.png is not of split train"),
        (lambda e: changed(e, observed=0), [], "effusion of images/0.png has another label in the study table"),
        (lambda e: e[1:], [], "effusion of images/0.png has another label in the study table, which no reader gave"),
        (lambda e: e, [("x.png", "edema")], "relabelled: image x.png is not in the study table"),
        (lambda e: e, [("images/0.png", "mass")], "relabelled: finding mass is not in the study table"),
    ],
)
def test_entries_of_another_table_are_refused(change, read, message):
    frame = plain_table()
    entries = change(entries_of(frame, TargetPolicy(), kept_by(True, True)))
    with pytest.raises(TableError, match=message):
        trusted_table(frame, entries, read)


def test_a_label_that_was_read_twice_is_named_twice_without_harm():
    frame = plain_table()
    entries = entries_of(frame, TargetPolicy(), kept_by(False, True))
    after = trusted_table(frame, entries, [("images/0.png", "effusion")] * 2)
    assert after.loc[0, "effusion"] == "positive"


def test_entries_that_were_read_from_csv_say_the_same(tmp_path):
    frame = plain_table()
    entries = entries_of(frame, TargetPolicy(unmentioned="negative"), chooser(1))
    assert 0 < entries["kept"].sum() < len(entries)
    entries.to_csv(tmp_path / "entries.csv", index=False)
    texts = pd.read_csv(tmp_path / "entries.csv", dtype=str)  # "False" is a text, and every text is true
    pd.testing.assert_frame_equal(trusted_table(frame, texts), trusted_table(frame, entries))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda entries: entries.drop(columns="kept_second"), "column kept_second is missing; give entries.parquet"),
        (lambda entries: entries.assign(kept="yes"), "column kept holds 'yes'; give true or false"),
        (lambda entries: entries.assign(kept=None), "column kept holds 'nan'|column kept holds 'None'"),
        (lambda entries: entries.assign(observed=0.5), "column observed holds '0.5'; give 1 or 0"),
    ],
)
def test_what_is_no_table_of_entries_is_refused(change, message):
    entries = entries_of(plain_table(), TargetPolicy(), chooser(1))
    with pytest.raises(TableError, match=message):
        trusted_table(plain_table(), change(entries))
