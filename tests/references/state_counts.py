"""States of a study table, finding by finding."""

from collections import Counter

STATES = ("positive", "negative", "uncertain", "unmentioned")


def state_counts(frame, findings):
    """For each finding: rows a state, and rows whose column `labelled` lists it (all, if there is no such column)."""
    lists = Counter(frame["labelled"] if "labelled" in frame else [" ".join(findings)] * len(frame))
    labelled = Counter()
    for text, rows in lists.items():
        labelled.update(dict.fromkeys(text.split(), rows))
    counts = {finding: dict(frame[finding].value_counts()) for finding in findings}
    assert set().union(*counts.values()) <= set(STATES)
    return {
        finding: {state: counts[finding].get(state, 0) for state in STATES} | {"labelled": labelled[finding]}
        for finding in findings
    }
