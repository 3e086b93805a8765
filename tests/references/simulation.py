"""Simulated labels written cell by cell from their definitions, to be compared with the product."""

import math

import pandas as pd

from lucency.data import finding_columns, read_study_table
from references.study_tables import plain_table
from references.targets import reference_uniform


def truth_table():
    """60 images of 30 studies, one a patient, a third of them in each split; images of a study agree."""
    numbers = pd.Series(range(60))
    return pd.concat([plain_table()] * 10, ignore_index=True).assign(
        image=[f"images/{number}.png" for number in numbers],
        patient=(numbers // 2).map("{:05d}".format),
        study="1",
        split=(numbers // 20).map({0: "train", 1: "val", 2: "test"}),
        effusion=(numbers // 2 % 4).map({0: "positive", 1: "positive", 2: "negative", 3: "uncertain"}),
        edema=(numbers // 2 % 3).map({0: "positive", 1: "negative", 2: "unmentioned"}),
    )


def reference_simulation(kind, rows, keys, findings, seed, **arguments):
    """Rows after one kind of simulation; a row is a dict from finding to state."""

    def draw(finding, key, stream=kind):
        return reference_uniform(seed, f"{stream} {finding}", key)

    if kind in ("single_positive", "m_positive"):
        arguments = {"m": 1} | arguments if kind == "single_positive" else arguments
        pairs = [_m_positive(row, key, draw, **arguments) for row, key in zip(rows, keys, strict=True)]
        drop = arguments.get("without_positive") == "drop"
        return [row for row in pairs if not drop or "positive" in row.values()]
    if kind == "confusion":
        return [_confusion(row, key, draw, **arguments) for row, key in zip(rows, keys, strict=True)]
    result = [dict(row) for row in rows]
    for finding in findings:
        column = [(number, row[finding], draw(finding, keys[number])) for number, row in enumerate(rows)]
        for number, state in _COLUMNS[kind](column, finding, **arguments):
            result[number][finding] = state
    return result


def of(value, finding, unnamed=0.0):
    return value.get(finding, unnamed) if isinstance(value, dict) else value


def _m_positive(row, key, draw, m, n=0, weights=1.0, without_positive="keep"):
    def wait(finding):
        return -math.log(1 - draw(finding, key, "m_positive")) / of(weights, finding, 1.0)

    positives = [f for f, state in row.items() if state == "positive" and of(weights, f, 1.0) > 0]
    negatives = [f for f, state in row.items() if state == "negative"]
    kept = sorted(positives, key=wait)[:m] + sorted(negatives, key=lambda f: draw(f, key, "m_positive"))[:n]
    return {finding: state if finding in kept else "unmentioned" for finding, state in row.items()}


def _confusion(row, key, draw, swaps, rate):
    left = {c for c in swaps if row[c] == "positive" and draw(c, key) < of(rate, c)}
    entered = {swaps[c] for c in left}
    return {
        finding: "positive" if finding in entered else "negative" if finding in left else state
        for finding, state in row.items()
    }


def _mention_rate(column, finding, positive=1.0, negative=1.0):
    for number, state, u in column:
        if (state == "positive" and u >= of(positive, finding, 1.0)) or (
            state == "negative" and u >= of(negative, finding, 1.0)
        ):
            yield number, "unmentioned"


def _uncertain(column, finding, positive=0.0, negative=0.0):
    for number, state, u in column:
        if (state == "positive" and u < of(positive, finding)) or (state == "negative" and u < of(negative, finding)):
            yield number, "uncertain"


def _asymmetric(column, finding, fn_rate=0.0, fp_rate=0.0):
    for number, state, u in column:
        if state == "positive" and u < of(fn_rate, finding):
            yield number, "negative"
        if state == "negative" and u < of(fp_rate, finding):
            yield number, "positive"


def _symmetric(column, finding, rate):
    return _asymmetric(column, finding, rate, rate)


def _count_matched(column, finding, fraction, mode="balanced"):
    positives = sorted((u, number) for number, state, u in column if state == "positive")
    negatives = sorted((u, number) for number, state, u in column if state == "negative")
    flips = round(of(fraction, finding) * len(positives))
    missed = {"fn_only": flips, "fp_only": 0, "balanced": math.ceil(flips / 2)}[mode]
    yield from ((number, "negative") for _, number in positives[:missed])
    yield from ((number, "positive") for _, number in negatives[: flips - missed])


def _instance_dependent(column, finding, scores, fn_rate=0.0, fp_rate=0.0):
    for old, new, rate in (("positive", "negative", fn_rate), ("negative", "positive", fp_rate)):
        cells = [(number, u, scores[finding][number]) for number, state, u in column if state == old]
        factor = reference_factor([score for _, _, score in cells], of(rate, finding))
        for number, u, score in cells:
            if u < min(1.0, factor * score):
                yield number, new


def reference_factor(scores, mean):
    """Factor k at which the mean of min(1, k s) is `mean`, by bisection."""
    low, high = 0.0, 1.0
    if mean == 0 or not scores:
        return 0.0
    while sum(min(1.0, high * score) for score in scores) / len(scores) < mean and high < 1e12:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        if sum(min(1.0, middle * score) for score in scores) / len(scores) < mean:
            low = middle
        else:
            high = middle
    return high


_COLUMNS = {
    "mention_rate": _mention_rate,
    "uncertain": _uncertain,
    "symmetric": _symmetric,
    "asymmetric": _asymmetric,
    "count_matched": _count_matched,
    "instance_dependent": _instance_dependent,
}


def read(path):
    """A study table whose images need not be there."""
    return read_study_table(path, check_files=False)


def labels(path, split):
    """The states of one split of a study table."""
    frame = read(path)
    return frame.loc[frame["split"].eq(split), finding_columns(frame)].reset_index(drop=True)
