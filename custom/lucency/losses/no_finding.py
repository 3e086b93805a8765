"""The label of a "No finding" output, which follows from all the others."""

import torch
from torch import Tensor

from ..errors import LucencyError


def derive_no_finding(owner: str, column: int, targets: Tensor, known: Tensor, unknown: str) -> tuple[Tensor, Tensor]:
    r"""Fill in an unknown "No finding" from the other findings of the image, $y = \prod_l (1 - y_l)$.

    It is positive where all others are known to be negative, negative where one is known to be positive, and stays
    unknown otherwise. A label of its own, which somebody gave, stays.

    Args:
        owner: the loss, for the error.
        column: which of the L findings it is.
        targets: (B, L) in [0, 1]; 0 where `known` is false.
        known: (B, L) bool.
        unknown: `ignore`, or `negative` if unknown labels of the others count as negative.

    Returns:
        `targets` and `known`, with that column filled in.

    Raises:
        LucencyError: there is no such column.

    Example:
        >>> targets = torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
        >>> known = torch.tensor([[True, True, False], [True, False, False], [True, False, False]])
        >>> targets, known = derive_no_finding("MultiLabelSoftmaxLoss", 2, targets, known, "ignore")
        >>> targets[:, 2], known[:, 2]
        (tensor([1., 0., 0.]), tensor([ True,  True, False]))
    """
    findings = targets.shape[1]
    if column >= findings:
        raise LucencyError(f"{owner}: no_finding is {column}, but there are {findings} findings, counted from 0")
    own = torch.arange(findings, device=targets.device) == column
    healthy = torch.where(own, 1, 1 - targets).prod(dim=1, keepdim=True)
    complete = (known | own).all(dim=1, keepdim=True) | (unknown == "negative")
    derived = own & ~known & (complete | (healthy == 0))
    return torch.where(derived, healthy, targets), known | derived
