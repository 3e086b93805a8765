"""Label-Assemble, cell by cell, of one view or of several."""

from references.losses.contract import EPOCH, MAX_EPOCHS, Reference, Rows, Targets, cross_entropy, sigmoid


def sharpened(a: float, threshold: float = 0.5, temperature: float = 4.0) -> float:
    return a + (1 - a) / temperature if a > threshold else a - a / temperature


def pseudo_slope(z: float) -> float:
    """Derivative of the pseudo-label term of one cell, the label being a constant."""
    a = sigmoid(z)
    return 2 * (a - sharpened(a)) * a * (1 - a)


def parts(
    weak: Rows,
    targets: Targets,
    strong: Rows | None = None,
    teacher: Rows | None = None,
    threshold: float = 0.5,
    temperature: float = 4.0,
    confidence_band: float = 0.0,
) -> tuple[float, float, float]:
    """Cross entropy of known cells, pseudo-label and consistency term of unknown ones."""
    bce, pseudo, consistency = [], [], []
    for row, labels in enumerate(targets):
        for column, y in enumerate(labels):
            z = weak[row][column]
            if y is not None:
                bce.append(cross_entropy(z, y))
                continue
            believed = sigmoid((teacher or weak)[row][column])
            taught = abs(believed - threshold) >= confidence_band
            label = sharpened(believed, threshold, temperature)
            pseudo.append((sigmoid(z) - label) ** 2 if taught else 0.0)
            consistency.append((sigmoid(strong[row][column]) - label) ** 2 if strong and taught else 0.0)
    first, second, third = (sum(terms) / len(terms) if terms else 0.0 for terms in (bce, pseudo, consistency))
    return first, second, third


def value(
    weak: Rows,
    targets: Targets,
    strong: Rows | None = None,
    teacher: Rows | None = None,
    bce_weight: float = 1.0,
    pseudo_weight: float = 1.0,
    consistency_weight: float = 1.0,
    ramp_up: float = 0.0,
    **settings: float,
) -> float:
    bce, pseudo, consistency = parts(weak, targets, strong, teacher, **settings)
    factor = min(1.0, (EPOCH - 1) / (ramp_up * MAX_EPOCHS)) if ramp_up else 1.0
    return bce_weight * bce + factor * (pseudo_weight * pseudo + consistency_weight * consistency)


REFERENCE = Reference(
    value=value,
    ignores_unknown=False,
    settings=(
        {"consistency_weight": 0},
        {"consistency_weight": 0, "pseudo_weight": 3.0, "bce_weight": 0.5, "threshold": 0.7, "temperature": 2.0},
        {"consistency_weight": 0, "ramp_up": 0.8, "confidence_band": 0.2},
    ),
    smooth=False,  # the pseudo-label is detached
    keeps_gradient=False,  # no reduction to sum up with
)
