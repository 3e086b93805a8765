"""A weighted sum of other references."""

from collections.abc import Mapping, Sequence

from references.losses.contract import Reference, Rows, Targets, value_of


def value(logits: Rows, targets: Targets, losses: Sequence[Mapping], weights: Sequence[float]) -> float:
    total = 0.0
    for loss, weight in zip(losses, weights, strict=True):
        settings = dict(loss)
        name = settings.pop("_target_").rsplit(".", 1)[1]
        total += weight * value_of(name, logits, targets, **settings)
    return total


REFERENCE = Reference(
    value=value,
    ignores_unknown=True,
    settings=(
        {
            "losses": [
                {"_target_": "lucency.losses.MaskedBCELoss", "reduction": "mean_observed"},
                {"_target_": "lucency.losses.MultiLabelSoftmaxLoss", "reduction": "mean_observed"},
                {"_target_": "lucency.losses.PositiveProductLoss", "reduction": "sum"},
            ],
            "weights": [1.0, 0.1, 0.3],
        },
    ),
    independent=False,
    duplicated_mean=False,  # one part is a sum
    keeps_gradient=False,  # it is that of the parts, times their weights
)
