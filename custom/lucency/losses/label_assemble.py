"""Label-Assemble: cross entropy on known labels, pseudo-labels and consistency of two views on unknown ones."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ..errors import ConfigError, LucencyError
from .base import Loss, full_precision, number_in
from .kernels import cross_entropy_terms
from .ramp_up import RampUp
from .ranks import sum_over_ranks
from .sharpening import sharpen


class LabelAssembleLoss(Loss):
    r"""Known labels teach by cross entropy, unknown ones by what the network makes of a weakly changed image.

    $\lambda_b\,\frac{1}{|O|}\sum_O \mathrm{BCE}(z_w, y) + \frac{r}{|U|}\sum_U \left[\lambda_p\,(a_w - \tilde a)^2 +
    \lambda_c\,(a_s - \tilde a)^2\right]$ of the weak view's logits $z_w$, $a = \sigma(z)$ of the weak and strong view,
    $\tilde a$ = `sharpen` of $a_w$, a constant to the gradient; $O$ holds the known cells of the batch, $U$ the others.

    | label | this loss |
    |---|---|
    | positive, negative, soft | cross entropy of the weak view |
    | unknown (NaN) | pseudo-label term and consistency term |

    Images of which nothing is known teach as well as any other; without a known or without an unknown cell that part is
    0. Under DDP both counts are those of all ranks, and averaged gradients are those of the whole batch; over
    micro-batches it is not additive. `parts` holds `bce`, `pseudo` and `consistency` of the last batch, without weights
    and gradient, for display.

    What the paper lacks. The pseudo-label term alone is an amplifier with two stable ends: it drives a probability of
    0.49 to 0 and one of 0.51 to 1, whatever the truth. Nothing in the paper protects from that, so there is, off by
    default, a ramp-up, a band of doubt around the threshold, and a teacher (`lucency.engines.EmaTeacher`) whose
    probabilities replace $a_w$ in $\tilde a$. The paper does not say that $\tilde a$ is a constant; if it were not, the
    term's gradient would be $t$ times smaller. Its poster prints a norm where we, like its code, take the squared
    difference, and does not say which view meets the labels.

    Kang et al.: Label-Assemble: Leveraging Multiple Datasets with Partial Labels, ISBI 2023 (arXiv:2109.12265).
    Written from the published formulas; detaching, ramp-up, band and teacher are this package's.

    Args:
        bce_weight: $\lambda_b$, 0 or more; the paper uses 1.
        pseudo_weight: $\lambda_p$, 0 or more; the paper uses 1.
        consistency_weight: $\lambda_c$, 0 or more; the paper uses 1. With 0 one view is enough.
        threshold: $\tau$ in [0, 1]; the paper uses 0.5.
        temperature: $t$, 1 or more; the authors' code uses 4.
        ramp_up: share of the epochs over which $r$ grows from 0 to 1, see `RampUp`; 0 as in the paper is $r = 1$.
        confidence_band: unknown cells whose $a_w$, or the teacher's, is nearer to $\tau$ than this teach nothing, but
            count in $|U|$; 0 as in the paper leaves none out.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: an argument is outside its range; during training, if there is a ramp-up and the loss was not told
            the epoch, or consistency has a weight and there is no second view.

    Example:
        >>> targets = torch.tensor([[1.0, torch.nan]])
        >>> weak, strong = torch.tensor([[0.0, 2.0]]), torch.tensor([[0.0, 0.0]])
        >>> LabelAssembleLoss()([weak, strong], targets)  # 0.6931 + (0.1192 / 4)**2 + (0.5 - 0.9106)**2
        tensor(0.8626)
        >>> LabelAssembleLoss(consistency_weight=0)(weak, targets)
        tensor(0.6940)
    """

    takes_views = True

    def __init__(
        self,
        *,
        bce_weight: float = 1.0,
        pseudo_weight: float = 1.0,
        consistency_weight: float = 1.0,
        threshold: float = 0.5,
        temperature: float = 4.0,
        ramp_up: float = 0.0,
        confidence_band: float = 0.0,
        check_inputs: bool = True,
    ) -> None:
        super().__init__(check_inputs=check_inputs)
        name = type(self).__name__
        self.bce_weight = number_in(name, "bce_weight", bce_weight, 0, 1e6)
        self.pseudo_weight = number_in(name, "pseudo_weight", pseudo_weight, 0, 1e6)
        self.consistency_weight = number_in(name, "consistency_weight", consistency_weight, 0, 1e6)
        self.threshold = number_in(name, "threshold", threshold, 0, 1)
        self.temperature = number_in(name, "temperature", temperature, 1, math.inf)
        self.confidence_band = number_in(name, "confidence_band", confidence_band, 0, 1)
        self.ramp_up = RampUp(ramp_up, owner=name)
        self.parts: dict[str, Tensor] = {}

    def forward(self, logits: Tensor | Sequence[Tensor], targets: Tensor) -> Tensor:
        """The loss, a scalar.

        Args:
            logits: those of one view (B, L), or of the weak and the strong view, or of both and the teacher's of the
                weak view.
            targets: (B, L).

        Raises:
            LucencyError: see `Loss.forward`; or the views are not two or three.
            LabelError: see `Loss.forward`.
            ConfigError: see the class.
        """
        if isinstance(logits, Tensor):
            return super().forward(logits, targets)
        if len(logits) not in (2, 3):
            raise LucencyError(
                f"{type(self).__name__}: {len(logits)} tensors of logits; give those of the weak and the strong view, "
                "and perhaps the teacher's, or one tensor"
            )
        with full_precision(logits[0]):
            weak, numbers, known = self.prepare(logits[0], targets)
            strong, *teacher = (self.prepare(view, targets)[0] for view in logits[1:])
            return self._combine(weak, strong, teacher[0] if teacher else weak, numbers, known)

    def value(self, logits: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        """See `Loss.value`."""
        if self.consistency_weight > 0:
            raise ConfigError(
                f"{type(self).__name__}: consistency_weight is {self.consistency_weight:g} and there is one view; use "
                "PrepareBatch(strong=...) and TwoViewInferer of lucency.engines, or set consistency_weight to 0"
            )
        return self._combine(logits, None, logits, targets, known)

    def _combine(self, weak: Tensor, strong: Tensor | None, source: Tensor, targets: Tensor, known: Tensor) -> Tensor:
        counts, ranks = sum_over_ranks(torch.stack([known.sum(), (~known).sum()]), weak)
        share = ranks / counts.clamp(min=1).to(weak.dtype)
        believed = torch.sigmoid(source.detach())
        label = sharpen(believed, self.threshold, self.temperature)
        taught = ~known & ((believed - self.threshold).abs() >= self.confidence_band)

        def distance(view: Tensor) -> Tensor:
            return share[1] * ((torch.sigmoid(view) - label).square() * taught).sum()

        bce = share[0] * (cross_entropy_terms(weak, targets) * known).sum()
        pseudo = distance(weak)
        consistency = torch.zeros_like(pseudo) if strong is None else distance(strong)
        parts = {"bce": bce, "pseudo": pseudo, "consistency": consistency}
        self.parts = {name: part.detach() for name, part in parts.items()}
        unlabelled = self.pseudo_weight * pseudo + self.consistency_weight * consistency
        return self.bce_weight * bce + self.ramp_up.factor() * unlabelled

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return (
            f"bce_weight={self.bce_weight}, pseudo_weight={self.pseudo_weight}, "
            f"consistency_weight={self.consistency_weight}, threshold={self.threshold}, "
            f"temperature={self.temperature}, confidence_band={self.confidence_band}"
        )
