"""Class-aware selective loss, cell by cell and then the selection over the batch."""

from collections.abc import Sequence

from references.losses.contract import Reference, Rows, Table, Targets, sigmoid
from references.losses.hill import focal
from references.optimum import balance


def table(
    logits: Rows,
    targets: Targets,
    mode: str = "selective",
    gamma_pos: float = 0.0,
    gamma_neg: float = 1.0,
    gamma_unknown: float = 2.0,
    likelihood_topk: int = 5,
    class_priors: Sequence[float] | None = None,
    prior_threshold: float = 0.05,
) -> Table:
    unknown = [(z, b, i) for b, row in enumerate(logits) for i, z in enumerate(row) if targets[b][i] is None]
    likeliest = {(b, i) for _, b, i in sorted(unknown, reverse=True)[: likelihood_topk * len(logits)]}
    cells: Table = []
    for b, row in enumerate(logits):
        cells.append([])
        for i, z in enumerate(row):
            p, y = sigmoid(z), targets[b][i]
            if y is not None:
                cells[-1].append((y * focal(p, gamma_pos) + (1 - y) * focal(1 - p, gamma_neg), 1.0))
                continue
            common = class_priors is not None and class_priors[i] > prior_threshold
            left_out = mode == "ignore" or (mode == "selective" and ((b, i) in likeliest or common))
            cells[-1].append((focal(1 - p, gamma_unknown), 0.0 if left_out else 1.0))
    return cells


def optimum(
    rate: float, mode: str, gamma_pos: float = 0.0, gamma_neg: float = 1.0, gamma_unknown: float = 2.0
) -> float:
    return balance(rate, lambda p: -((1 - p) ** (gamma_pos + 1)), lambda p: p ** (gamma_unknown + 1))


REFERENCE = Reference(
    table=table,
    ignores_unknown=False,
    settings=(
        {"likelihood_topk": 1},
        {"likelihood_topk": 0, "class_priors": [0.2, 0.01, 0.05], "gamma_pos": 0.5, "gamma_unknown": 4.0},
        {"mode": "negative"},
    ),
    independent=False,  # which labels are left out depends on the whole batch
    smooth=False,  # the focusing is detached
    optimum=optimum,
    optima=({"mode": "negative"}, {"mode": "negative", "gamma_pos": 1.0, "gamma_unknown": 4.0}),
)
