"""Two-way loss: pairs along rows, then along columns."""

from references.label_sets import each_image, pairs
from references.losses.contract import Reference, Rows, Targets, mean_observed


def value(
    logits: Rows, targets: Targets, positive_temperature: float = 4.0, negative_temperature: float = 1.0
) -> float:
    along_rows = each_image(pairs)
    settings = {"low": positive_temperature, "high": negative_temperature}
    columns = list(zip(*logits, strict=True)), list(zip(*targets, strict=True))
    return mean_observed(along_rows(logits, targets, **settings)) + mean_observed(along_rows(*columns, **settings))


REFERENCE = Reference(
    value=value,
    ignores_unknown=True,
    settings=({}, {"positive_temperature": 0.5, "negative_temperature": 2.0}),
    independent=False,
    duplicated_mean=False,  # twice the images are twice the rivals
    keeps_gradient=False,  # no reduction to sum up with
)
