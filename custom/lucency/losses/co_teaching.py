"""Co-teaching: each of two networks learns from the labels that the other one believes."""

from collections.abc import Sequence

import torch
from numpy.typing import ArrayLike
from torch import Tensor

from ..errors import ConfigError, LucencyError
from .base import Loss, full_precision
from .cell_loss import CellLoss
from .masked_bce import MaskedBCELoss
from .reducers import MeanObserved
from .state import SampleIndexed


class CoTeachingLoss(Loss, SampleIndexed):
    r"""Each of two networks learns from the cells that the other one keeps; **carried over** to single cells by us.

    $\frac{1}{|K_2|} \sum_{K_2} \ell(z_1, y) + \frac{1}{|K_1|} \sum_{K_1} \ell(z_2, y)$ with $K_n$ the cells of the
    batch that network $n$ keeps. Han et al. keep whole images by their loss in the batch; an image with a wrong label
    of one finding may have right ones of thirteen, so cells are kept here, one image x finding each, and the choice is
    made over the whole training set by whoever calls `set_keep` (`lucency.engines.CoTeaching`): in a batch of 32 there
    is one case or none of a rare finding, which no share can be taken of. Until then all are kept.

    | label | this loss |
    |---|---|
    | positive, negative, soft, kept by the other network | the classification loss |
    | positive, negative, soft, not kept by it | none |
    | unknown (NaN) | what the classification loss makes of it, which for cross entropy is nothing |

    Given the logits of one network, it learns from the cells that both keep. Without any kept cell the loss is 0. Under
    DDP counts are those of all ranks; `keep`, bool (2, images, findings), is saved with the loss and must be the same
    on every rank.

    Han et al.: Co-teaching: Robust Training of Deep Neural Networks with Extremely Noisy Labels, NeurIPS 2018
    (arXiv:1804.06872); Khanal et al.: Active Label Refinement for Robust Training of Imbalanced Medical Image
    Classification Tasks in the Presence of High Label Noise, MICCAI 2024 (arXiv:2407.05973).

    Args:
        images: number of training images.
        findings: number of findings, L.
        classification: $\ell$, a loss of single cells; cross entropy as in both papers if not given. Its reduction is
            not used.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: an argument is out of range, or `classification` is no `CellLoss` that is a sum of cells; during
            training, if that is one of whole images, or the batch has no index or another number of findings.

    Example:
        >>> loss = CoTeachingLoss(images=2, findings=1)
        >>> loss.set_keep([[True], [False]], [[True], [True]])
        >>> loss.set_index(torch.tensor([0, 1]))
        >>> targets = torch.tensor([[1.0], [1.0]])
        >>> loss([torch.tensor([[0.0], [5.0]]), torch.tensor([[0.0], [-5.0]])], targets)  # (0.693 + 0.007) / 2 + 0.693
        tensor(1.0431)
    """

    keep: Tensor

    def __init__(
        self, *, images: int, findings: int, classification: CellLoss | None = None, check_inputs: bool = True
    ) -> None:
        super().__init__(check_inputs=check_inputs)
        for argument, number in (("images", images), ("findings", findings)):
            if type(number) is not int or number < 1:
                raise ConfigError(f"CoTeachingLoss: {argument} is {number!r}; give their number, 1 or more")
        self.classification = MaskedBCELoss() if classification is None else classification
        if not isinstance(self.classification, CellLoss) or type(self.classification).value is not CellLoss.value:
            raise ConfigError(
                f"CoTeachingLoss: classification is a {type(classification).__name__}, which is no sum over single "
                "cells to keep or drop; give a CellLoss of lucency.losses such as MaskedBCELoss"
            )
        self.register_buffer("keep", torch.ones(2, images, findings, dtype=torch.bool))

    def set_keep(self, first: ArrayLike | Tensor, second: ArrayLike | Tensor) -> None:
        """Say which cells each network keeps; what is said of unknown ones is of no account.

        Args:
            first: bool (images, findings) of the first network, in the order of the images' index.
            second: the same of the second.

        Raises:
            ConfigError: a mask is not bool, or has another shape.
        """
        masks = [torch.as_tensor(mask) for mask in (first, second)]
        for number, mask in enumerate(masks, 1):
            if mask.shape != self.keep.shape[1:] or mask.dtype != torch.bool:
                raise ConfigError(
                    f"CoTeachingLoss: mask of network {number} is {mask.dtype} {tuple(mask.shape)}, not "
                    f"{torch.bool} {tuple(self.keep.shape[1:])}"
                )
        self.keep.copy_(torch.stack(masks))

    def forward(self, logits: Tensor | Sequence[Tensor], targets: Tensor) -> Tensor:
        """The loss, a scalar.

        Args:
            logits: a sequence of both networks' (B, L), or those of one network.
            targets: (B, L).

        Raises:
            LucencyError: see `Loss.forward`; or the networks are not two.
            LabelError: see `Loss.forward`.
            ConfigError: see the class.
        """
        if isinstance(logits, Tensor):
            return super().forward(logits, targets)
        if len(logits) != 2:
            raise LucencyError(
                f"CoTeachingLoss: logits of {len(logits)} networks; give those of two, as TwinNetworks does in training"
            )
        with full_precision(logits[0]):
            first, numbers, known = self.prepare(logits[0], targets)
            second, _, _ = self.prepare(logits[1], targets)
            by_first, by_second = self._kept(first)
            return self._mean(first, numbers, known, by_second) + self._mean(second, numbers, known, by_first)

    def value(self, logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        """See `Loss.value`."""
        return self._mean(logits, targets, known, self._kept(logits).all(dim=0))

    def _kept(self, logits: Tensor) -> Tensor:
        """Masks (2, B, L) of the batch's images."""
        _, images, findings = self.keep.shape
        if logits.shape[1] != findings:
            raise ConfigError(f"CoTeachingLoss: findings is {findings}, but the batch has {logits.shape[1]}")
        return self.keep[:, self.index_of(logits, images)]

    def _mean(self, logits: Tensor, targets: Tensor, known: Tensor, kept: Tensor) -> Tensor:
        """Mean over the cells of all ranks that take part."""
        terms, weight = self.classification.cell_terms(logits, targets, known)
        if terms.shape != logits.shape:
            raise ConfigError(
                f"CoTeachingLoss: classification {type(self.classification).__name__} is a loss of whole images, of "
                "which no cell can be dropped; give one of single cells such as MaskedBCELoss"
            )
        return MeanObserved()(terms, weight * (kept | ~known))

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        _, images, findings = self.keep.shape
        return f"images={images}, findings={findings}"
