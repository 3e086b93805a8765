"""Given logits alone, label-correlation loss is its classification loss."""

from references.losses.contract import Reference, Rows, Targets, value_of


def value(logits: Rows, targets: Targets, **weights: float) -> float:
    return value_of("MaskedBCELoss", logits, targets, "mean_observed")


REFERENCE = Reference(
    value=value,
    ignores_unknown=True,
    settings=(
        {},
        {"consistency_weight": 0.25, "anchor_weight": 0.0, "contrast_weight": 2.0, "contrast_ramp": 4.0},
    ),
    keeps_gradient=False,  # no reduction to sum up with
)
