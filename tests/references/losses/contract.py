"""How a loss is checked by the contract test, and slow, obvious loops for the reductions; unknown labels are None.

The reference of `lucency.losses.my_loss.MyLoss` is `REFERENCE` in the file my_loss.py beside this one.
"""

import importlib
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import lucency.losses
from lucency.losses import Loss

Cell = tuple[float, float]  # term, weight
Rows = Sequence[Sequence[float]]
Targets = Sequence[Sequence[float | None]]
Table = list[list[Cell]]  # (B, L), or (B, 1) for a loss of whole images

EPOCH, MAX_EPOCHS = 3, 10  # what the contract test tells a loss that changes with the epoch


@dataclass(frozen=True, kw_only=True)
class Reference:
    """How one exported loss is checked.

    `table(logits, targets, **settings)` gives term and weight of every cell, `batch_term` with the same arguments what
    is added after the reduction; `value` stands for both in a loss that is no sum of cells. `settings` are constructor
    arguments to try on 3 findings and 7 images, plain YAML types only.
    """

    table: Callable[..., Table] | None = None
    batch_term: Callable[..., float] | None = None
    value: Callable[..., float] | None = None
    ignores_unknown: bool  # unknown labels have no influence at all
    settings: tuple[Mapping[str, object], ...] = ({},)
    independent: bool = True  # a cell's gradient does not depend on any other cell
    permutable_findings: bool = True
    duplicated_mean: bool = True  # a batch given twice has the same mean
    smooth: bool = True  # the gradient is that of the value everywhere (no selection, nothing detached)
    keeps_gradient: bool = True  # a badly wrong known label gets gradient 1 per cell, however wrong it is
    optimum: Callable[..., float] | None = (
        None  # (rate, **settings): probability where the loss of 14 findings is least
    )
    optima: tuple[Mapping[str, object], ...] = ({},)  # constructor arguments to find that optimum for
    rates: tuple[float, ...] = (0.02, 0.07, 0.2, 0.41)  # and shares of recorded positives for which there is one


def each_cell(cell: Callable[..., Cell]) -> Callable[..., Table]:
    """A table from a function of one cell: (z, y or None, finding, findings, **settings) -> (term, weight)."""

    def table(logits: Rows, targets: Targets, **settings: object) -> Table:
        return [
            [
                cell(z, y, finding, len(row_z), **settings)
                for finding, (z, y) in enumerate(zip(row_z, row_y, strict=True))
            ]
            for row_z, row_y in zip(logits, targets, strict=True)
        ]

    return table


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def cross_entropy(z: float, y: float, pos_weight: float = 1.0) -> float:
    p = sigmoid(z)
    return -pos_weight * y * math.log(p) - (1 - y) * math.log(1 - p)


EXPORTED = {
    name: export
    for name in sorted(vars(lucency.losses))
    if inspect.isclass(export := getattr(lucency.losses, name))
    and issubclass(export, Loss)
    and not inspect.isabstract(export)
}


def reference_of(name: str) -> Reference:
    """The reference of an exported loss, found by the name of the file that the loss is in."""
    module = EXPORTED[name].__module__.rsplit(".", 1)[-1]
    try:
        reference: Reference = importlib.import_module(f"references.losses.{module}").REFERENCE
    except ModuleNotFoundError as error:
        raise LookupError(
            f"{name} has no reference; write tests/references/losses/{module}.py (CONTRIBUTING.md, How to add a loss)"
        ) from error
    return reference


def value_of(name: str, logits: Rows, targets: Targets, reduction: str | None = None, **settings: object) -> float:
    """The value of a loss, slowly."""
    reference = reference_of(name)
    if reference.value is not None:
        return reference.value(logits, targets, **settings)
    extra = reference.batch_term(logits, targets, **settings) if reference.batch_term else 0.0
    return REDUCTIONS[reduction](reference.table(logits, targets, **settings)) + extra


def mean_all(table: Table) -> float:
    flat = [term * weight for row in table for term, weight in row]
    return sum(flat) / len(flat)


def total(table: Table) -> float:
    return sum(term * weight for row in table for term, weight in row)


def mean_observed(table: Table) -> float:
    flat = [term * weight for row in table for term, weight in row if weight > 0]
    return sum(flat) / len(flat) if flat else 0.0


def per_task(table: Table, n_min: float = 1) -> float:
    loss = 0.0
    for column in zip(*table, strict=True):
        part = [term * weight for term, weight in column if weight > 0]
        if part:
            loss += min(1, len(part) / n_min) * sum(part) / len(part)
    return loss


def durand(table: Table, alpha: float = -4.45, beta: float = 5.45, gamma: float = 1.0) -> float:
    loss = 0.0
    for row in table:
        part = [term * weight for term, weight in row if weight > 0]
        if part:
            loss += (alpha * (len(part) / len(row)) ** gamma + beta) / len(row) * sum(part)
    return loss / len(table)


REDUCTIONS: dict[str, Callable[[Table], float]] = {
    "mean_all": mean_all,
    "mean_observed": mean_observed,
    "sum": total,
    "per_task": per_task,
    "durand": durand,
}
