"""Large loss with permanent correction (LL-Cp): what the network contradicts most becomes positive for good."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..errors import ConfigError
from .cell_loss import CellLoss
from .kernels import cross_entropy_terms
from .largest_losses import LargestLosses
from .reducers import Reducer
from .state import SampleIndexed


class PermanentLargeLoss(CellLoss, SampleIndexed):
    r"""Binary cross entropy with unknown labels taken for negative until their loss was once the largest of a batch.

    In each batch the $\lceil BL\,\delta\rceil$ unknown labels with the largest loss $-\log(1-p)$, $p = \sigma(z)$,
    become positive, in this step and all later ones; they are kept in the buffer `corrected`, bool (images, findings).

    | label | this loss |
    |---|---|
    | positive | $-\log p$, always |
    | negative | $-\log(1-p)$, always |
    | soft, $0 < y < 1$ | both, in proportion |
    | unknown (NaN), corrected now or before | $-\log p$ |
    | unknown (NaN), all others | $-\log(1-p)$ |

    Labels are corrected from the first batch on, and only where a gradient flows: computing a validation loss corrects
    nothing. The choice is one of the whole batch: under DDP it is made over the images of all ranks, which bring their
    corrections together after each epoch; with gradient accumulation each micro-batch chooses for itself, which is not
    the same.

    Kim et al.: Large Loss Matters in Weakly Supervised Multi-Label Classification, CVPR 2022 (arXiv:2206.03740).

    Args:
        images: number of training images.
        findings: number of findings, L.
        delta_rel: $100\,\delta$, percent of all labels in each batch, from 0 to 100, or one number a finding. The
            authors use 0.1 to 0.2.
        per_class: choose within each finding; set by a list.
        reduction: the paper uses `mean_all`.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: an argument is out of range, or the reduction is unknown; during training, if the batch has no
            index or another number of findings.

    Example:
        >>> loss = PermanentLargeLoss(images=2, findings=2, delta_rel=50)
        >>> loss.set_index(torch.tensor([1]))
        >>> logits = torch.tensor([[5.0, 2.0]], requires_grad=True)
        >>> loss(logits, torch.tensor([[torch.nan, torch.nan]]))  # (0.0067 + 2.1269) / 2
        tensor(1.0668, grad_fn=<DivBackward0>)
        >>> loss.corrected
        tensor([[False, False],
                [ True, False]])
    """

    corrected: Tensor

    def __init__(
        self,
        *,
        images: int,
        findings: int,
        delta_rel: float | Sequence[float] = 0.1,
        per_class: bool = False,
        reduction: str | Reducer = "mean_all",
        check_inputs: bool = True,
    ) -> None:
        super().__init__(reduction=reduction, check_inputs=check_inputs)
        for argument, number in (("images", images), ("findings", findings)):
            if not isinstance(number, int) or number < 1:
                raise ConfigError(f"PermanentLargeLoss: {argument} is {number!r}; give their number, 1 or more")
        self.choose = LargestLosses(type(self).__name__, delta_rel, per_class)
        self.register_buffer("corrected", torch.zeros(images, findings, dtype=torch.bool))

    def cell_terms(self, logits: Tensor, targets: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """See `CellLoss.cell_terms`."""
        images, findings = self.corrected.shape
        if logits.shape[1] != findings:
            raise ConfigError(f"PermanentLargeLoss: findings is {findings}, but the batch has {logits.shape[1]}")
        index = self.index_of(logits, images)
        corrected = self.corrected[index] & ~known
        corrected = corrected | self.choose(logits, ~known & ~corrected, times=1)
        if logits.requires_grad:
            same_image = (index[:, None] == index).to(logits.dtype)  # an image may be in a batch twice
            self.corrected[index] = same_image @ corrected.to(logits.dtype) > 0
        return cross_entropy_terms(logits, targets + corrected), torch.ones_like(logits)

    def end_epoch(self) -> None:
        """Bring together what the ranks have corrected; called after every epoch."""
        distributed = torch.distributed
        if distributed.is_available() and distributed.is_initialized():
            merged = self.corrected.to(torch.uint8)
            distributed.all_reduce(merged, op=distributed.ReduceOp.MAX)
            self.corrected.copy_(merged)

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        images, findings = self.corrected.shape
        return f"images={images}, findings={findings}, {self.choose}, {super().extra_repr()}"
