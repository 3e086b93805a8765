"""EM + APL: entropy maximization until there are pseudo-labels, and how these are chosen."""

import math

from references.losses.contract import Reference, Rows, Table, Targets, cross_entropy, sigmoid

NAN = math.nan
TRAINING_TARGETS = [[1.0, NAN, NAN], [0.0, 1.0, NAN], [NAN, NAN, 0.3], [NAN] * 3, [1.0, 1.0, 1.0], [NAN] * 3, [0.0] * 3]


def table(
    logits: Rows, targets: Targets, alpha: float = 0.1, beta: float = 0.9, pseudo: Targets | None = None, **_: object
) -> Table:
    """Terms and weights; `pseudo` are the rows of the table for these images, None where there is no pseudo-label."""
    pseudo = pseudo or [[None] * len(logits[0])] * len(logits)
    return [
        [(term(z, y, s, alpha, beta), 1.0) for z, y, s in zip(row_z, row_y, row_s, strict=True)]
        for row_z, row_y, row_s in zip(logits, targets, pseudo, strict=True)
    ]


def term(z: float, y: float | None, s: float | None, alpha: float, beta: float) -> float:
    if y is not None:
        return cross_entropy(z, y)
    if s is not None:
        return beta * cross_entropy(z, s)
    return -alpha * cross_entropy(z, sigmoid(z))  # the entropy is the cross entropy with itself


def learn(pseudo: Targets, targets: Rows, logits: Rows, theta: float, rounds: int) -> Targets:
    """The pseudo-labels after one more round; None where there is none."""
    after = [list(row) for row in pseudo]
    for c in range(len(targets[0])):
        unknown = [b for b, row in enumerate(targets) if row[c] != row[c]]
        count = math.floor(round(theta * len(unknown) / rounds, 9))
        unlabelled = [b for b in unknown if pseudo[b][c] is None]
        for b in sorted(unlabelled, key=lambda b: logits[b][c])[:count]:
            after[b][c] = sigmoid(logits[b][c])
    return after


REFERENCE = Reference(
    table=table,
    ignores_unknown=False,
    settings=(
        {"training_targets": TRAINING_TARGETS},
        {"training_targets": TRAINING_TARGETS, "alpha": 0.2, "theta": 0.5, "warm_up": 2, "beta": 0.3},
    ),
)
