"""Classification with label-level features: any loss of labels, and three more on correlations and features."""

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from .base import Loss, full_precision, number_in
from .label_correlations import LabelCorrelations, in_full_precision
from .masked_bce import MaskedBCELoss
from .ramp_up import RampUp


class LabelCorrelationLoss(Loss):
    r"""What a `lucency.networks.LabelCorrelationHead` learns from: its logits, correlations and label-level features.

    $L_{cls}(z, y) + \lambda_{cons}\,L_{cons}(G, L, y) + \lambda_{anc}\,L_{anc}(G) + r\,\lambda_{con}\,L_{con}(u, y, G)$
    of `classification`, `CorrelationConsistency`, `CooccurrenceAnchor` and `LabelContrast`, each of which says what
    labels mean to it; $r = \min(1, (e - 1) / n)$ in epoch $e$. Unknown labels take no part in the last three.

    `parts` holds `classification`, `consistency`, `anchor`, `contrast` of the last batch without weights and gradient,
    0 for what is left out, and `local_variance`: the variance of $L$ over the images, its mean over all cells. As it
    goes to 0 local correlations forget the image, see `CorrelationConsistency`.

    A network in evaluation gives logits alone; this loss is of the training network. An output that no part uses
    gets a gradient of 0, so that DDP misses none.

    Zhang et al.: Label correlation guided discriminative label feature learning for multi-label chest image
    classification, Comput. Methods Programs Biomed. 245, 2024 (doi:10.1016/j.cmpb.2024.108032). A **reconstruction**
    from the abstract: the sum, its weights and the anchor are this package's.

    Args:
        classification: any loss of the package on logits and targets; None is `MaskedBCELoss`.
        consistency: None leaves it out.
        anchor: None leaves it out.
        contrast: None leaves it out.
        consistency_weight: $\lambda_{cons}$, 0 or more, 0 leaves the part out; 1 is our choice.
        anchor_weight: $\lambda_{anc}$, likewise; 0.1 is our choice.
        contrast_weight: $\lambda_{con}$, likewise; 0.5 as in MulCon (Dao et al., 2021, arXiv:2107.11626).
        contrast_ramp: $n$, epochs over which the contrast grows, 0 for none; MulCon has a stage of its own instead.
        check_inputs: see `Loss`; what `classification` says on it is not used.

    Raises:
        ConfigError: an argument is outside its range, `classification` no loss or a part no module; during training,
            if a part is to be used for which the network gives nothing, or there is a ramp and the loss was not told
            the epoch.

    Example:
        >>> from lucency.losses import CorrelationConsistency, LabelCorrelations
        >>> loss = LabelCorrelationLoss(consistency=CorrelationConsistency(divergence="mse"))
        >>> G, L = torch.eye(2), torch.full((1, 2, 2), 0.5)
        >>> loss(LabelCorrelations(torch.zeros(1, 2), G, L, None), torch.tensor([[1.0, torch.nan]]))  # log(2) + 1/2
        tensor(1.1931)
        >>> LabelCorrelationLoss()(torch.zeros(1, 2), torch.tensor([[1.0, torch.nan]]))
        tensor(0.6931)
    """

    def __init__(
        self,
        *,
        classification: Loss | None = None,
        consistency: nn.Module | None = None,
        anchor: nn.Module | None = None,
        contrast: nn.Module | None = None,
        consistency_weight: float = 1.0,
        anchor_weight: float = 0.1,
        contrast_weight: float = 0.5,
        contrast_ramp: float = 2,
        check_inputs: bool = True,
    ) -> None:
        super().__init__(check_inputs=check_inputs)
        name = type(self).__name__
        self.classification = MaskedBCELoss() if classification is None else classification
        if not isinstance(self.classification, Loss):
            raise ConfigError(
                f"{name}: classification is a {type(classification).__name__}, which knows no unknown labels; "
                "give a loss of lucency.losses"
            )
        for argument, part in (("consistency", consistency), ("anchor", anchor), ("contrast", contrast)):
            if not (part is None or isinstance(part, nn.Module)):
                raise ConfigError(f"{name}: {argument} is {part!r}; give a part of lucency.losses, or null")
        self.consistency_weight = number_in(name, "consistency_weight", consistency_weight, 0, 1e6)
        self.anchor_weight = number_in(name, "anchor_weight", anchor_weight, 0, 1e6)
        self.contrast_weight = number_in(name, "contrast_weight", contrast_weight, 0, 1e6)
        self.ramp = RampUp(epochs=contrast_ramp, owner=name, argument="contrast_ramp")
        self.consistency = consistency if self.consistency_weight > 0 else None
        self.anchor = anchor if self.anchor_weight > 0 else None
        self.contrast = contrast if self.contrast_weight > 0 else None
        self.parts: dict[str, Tensor] = {}

    def forward(self, logits: Tensor | LabelCorrelations, targets: Tensor) -> Tensor:
        """The loss, a scalar.

        Args:
            logits: what the network gives in training; or logits (B, C) alone, if no part wants more.
            targets: (B, C).

        Raises:
            LucencyError: see `Loss.forward`.
            LabelError: see `Loss.forward`.
            ConfigError: see the class.
        """
        if not isinstance(logits, LabelCorrelations):
            return super().forward(logits, targets)
        with full_precision(logits.z):
            z, numbers, known = self.prepare(logits.z, targets)
            return self._combine(logits._replace(z=z), numbers, known)

    def value(self, logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        """See `Loss.value`."""
        return self._combine(LabelCorrelations(logits, None, None, None), targets, known)

    def _combine(self, output: LabelCorrelations, numbers: Tensor, known: Tensor) -> Tensor:
        z, G, L, u = output
        classification = self.classification.value(z, numbers, known)
        targets = torch.where(known, numbers, torch.nan)
        nothing = torch.zeros_like(classification.detach())
        consistency = anchor = contrast = nothing
        if self.consistency is not None:
            consistency = self.consistency(self._wanted("consistency", G), self._wanted("consistency", L), targets)
        if self.anchor is not None:
            anchor = self.anchor(self._wanted("anchor", G))
        if self.contrast is not None:
            contrast = self.contrast(self._wanted("contrast", u), targets, G)
        parts = {"classification": classification, "consistency": consistency, "anchor": anchor, "contrast": contrast}
        self.parts = {name: part.detach() for name, part in parts.items()}
        self.parts["local_variance"] = nothing if L is None else local_variance(L)
        total = classification + self.consistency_weight * consistency + self.anchor_weight * anchor
        if self.contrast is not None:
            total = total + self.ramp.factor() * self.contrast_weight * contrast
        for part in (G, L, u):
            if part is not None:
                total = total + 0 * in_full_precision(part).sum()
        return total

    def _wanted(self, part: str, given: Tensor | None) -> Tensor:
        """What a part needs, or a word on how to get it."""
        if given is not None:
            return given
        source = (
            "network_def#projection above 0" if part == "contrast" else "network_def#global_correlation set to true"
        )
        raise ConfigError(
            f"LabelCorrelationLoss: {part} needs more than logits, which a LabelCorrelationHead in training gives with "
            f"{source}; without it set {part}_weight to 0"
        )

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return (
            f"consistency_weight={self.consistency_weight}, anchor_weight={self.anchor_weight}, "
            f"contrast_weight={self.contrast_weight}, contrast_ramp={self.ramp.epochs}"
        )


def local_variance(L: Tensor) -> Tensor:
    """Variance over the images of local correlations (B, C, C), its mean over the cells; 0 for one image.

    Example:
        >>> local_variance(torch.stack([torch.eye(2), torch.full((2, 2), 0.5)]))
        tensor(0.0625)
    """
    return in_full_precision(L.detach()).var(dim=0, correction=0).mean()
