"""Multi-label softmax loss (MSML): each present finding in a softmax of its own against all absent ones."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ..errors import ConfigError, LucencyError
from .base import number_in, one_of
from .kernels import Curve, negative_term
from .label_sets import LabelSetLoss
from .log_sum_exp import EMPTY, log_sum_exp
from .no_finding import derive_no_finding
from .reducers import Reducer

FORMS = ("log", "prob", "gce")
POLICIES = ("skip", "threshold")


class MultiLabelSoftmaxLoss(LabelSetLoss):
    r"""Mean over the present findings of a softmax in which only absent findings are their rivals.

    $s_p = e^{z_p} / (e^{z_p} + \sum_n b_n e^{z_n})$ and $t_b = \sum_p a_p f(s_p) / \sum_p a_p$, present weights $a$ and
    absent weights $b$ as in `LabelSetLoss`. An image takes part when something is present and something else is absent.

    | `form` | $f(s)$ | |
    |---|---|---|
    | `log` | $-\log s$ | a softmax loss; keeps a gradient of 1 on a finding that is badly wrong |
    | `prob` | $-s$ | as the article is transcribed; in [-1, 0], no gradient left on what is badly wrong |
    | `gce` | $(1 - s^q)/q$ | between the two: `log` for $q = 0$, `prob` plus 1 for $q = 1$ |

    **Reconstruction**: the article itself was not available. A public transcription of its formula has no logarithm,
    which a softmax loss normally has; hence the choice, and `log` by default. `gce`, the unknown labels and the
    policies beyond `skip` are this package's own.

    Present findings do not compete with each other. Only differences of logits count, so **alone it fixes no threshold
    and gives no probability of a finding**: add it to a cross entropy with `WeightedSumLoss`. Where findings are
    independent of each other the log odds are least for both, so the sum keeps the calibration of cross entropy.

    Ge et al.: Chest X-rays Classification: A Multi-Label and Fine-Grained Problem, 2018 (arXiv:1807.07247);
    Multimedia Tools and Applications 79, 2020 (doi:10.1007/s11042-019-08260-2). `gce`: Zhang, Sabuncu, NeurIPS 2018
    (arXiv:1805.07836).

    Args:
        form: `log`, `prob` or `gce`.
        q: of `gce`, in [0, 1]; Zhang and Sabuncu use 0.7.
        weight: one number of 0 or more a finding, multiplied to $a$ and $b$; None is 1 for all.
        no_finding: what to do with images without any finding. `skip`, the formula as it is, learns nothing from them;
            `threshold` adds a fixed logit 0 to the present and the absent; the number of a "No finding" output, counted
            from 0, makes that a finding like the others, derived from them where it is unknown (`derive_no_finding`).
        unknown: see `LabelSetLoss`.
        reduction: over images.
        check_inputs: see `Loss`.

    Raises:
        ConfigError: an argument is none of the above.
        LucencyError: `weight` or `no_finding` does not fit the number of findings.

    Example:
        >>> loss = MultiLabelSoftmaxLoss()
        >>> loss(torch.tensor([[5.0, 5.0, 0.0, 0.0]]), torch.tensor([[1.0, 1.0, 0.0, 0.0]]))  # log(1 + 2 * e**-5)
        tensor(0.0134)
    """

    weight: Tensor | None

    def __init__(
        self,
        *,
        form: str = "log",
        q: float = 0.7,
        weight: Sequence[float] | None = None,
        no_finding: str | int = "skip",
        unknown: str = "ignore",
        reduction: str | Reducer = "mean_observed",
        check_inputs: bool = True,
    ) -> None:
        super().__init__(unknown=unknown, reduction=reduction, check_inputs=check_inputs)
        name = type(self).__name__
        self.form = one_of(name, "form", form, FORMS)
        self.q = number_in(name, "q", q, 0, 1)
        is_column = type(no_finding) is int and no_finding >= 0
        if not is_column and no_finding not in POLICIES:
            raise ConfigError(
                f"{name}: no_finding is {no_finding!r}; give {' or '.join(POLICIES)}, or the column of that output"
            )
        self.no_finding = no_finding
        for number in weight or []:
            if not (math.isfinite(number) and number >= 0):
                raise ConfigError(f"{name}: weight holds {number}; give finite numbers of 0 or more")
        weights = None if weight is None else torch.tensor(weight, dtype=torch.float64)
        self.register_buffer("weight", weights, persistent=False)  # a setting of the config, not learned state

    def cell_terms(self, logits: Tensor, targets: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """See `CellLoss.cell_terms`; terms and weights are (B, 1)."""
        if isinstance(self.no_finding, int):
            targets, known = derive_no_finding(type(self).__name__, self.no_finding, targets, known, self.unknown)
        return super().cell_terms(logits, targets, known)

    def image_curve(self, logits: Tensor, present: Tensor, absent: Tensor) -> tuple[Curve, Tensor]:
        """See `LabelSetLoss.image_curve`."""
        if self.weight is not None:
            if len(self.weight) != logits.shape[1]:
                raise LucencyError(
                    f"{type(self).__name__}: weight has {len(self.weight)} numbers for {logits.shape[1]} findings; "
                    "give one a finding"
                )
            present, absent = present * self.weight.to(logits), absent * self.weight.to(logits)
        total = present.sum(dim=1, keepdim=True)
        rivals = log_sum_exp(logits, absent, dim=1)
        if self.no_finding == "threshold":
            return self._with_threshold(logits, present, total, rivals)
        takes_part = (rivals.value > EMPTY / 2) & (total > 0)
        cost = self._of_lead(rivals.value - logits)
        share = present / total.clamp(min=torch.finfo(total.dtype).tiny)
        pull = share * cost.slope
        slope = pull.sum(dim=1, keepdim=True) * rivals.slope - pull
        return Curve((share * cost.value).sum(dim=1, keepdim=True), slope), takes_part

    def _with_threshold(self, logits: Tensor, present: Tensor, total: Tensor, absent: Curve) -> tuple[Curve, Tensor]:
        takes_part = (absent.value > EMPTY / 2) | (total > 0)
        rivals = negative_term(absent.value)  # log(1 + the absent)
        cost, own = self._of_lead(rivals - logits), self._of_lead(absent.value)
        share = present / (total + 1)
        pull = share * cost.slope
        by_absent = pull.sum(dim=1, keepdim=True) * torch.sigmoid(absent.value) + own.slope / (total + 1)
        value = (share * cost.value).sum(dim=1, keepdim=True) + own.value / (total + 1)
        return Curve(value, by_absent * absent.slope - pull), takes_part

    def _of_lead(self, lead: Tensor) -> Curve:
        r"""$f(s)$ of how far the rivals lead, $-\log s = \operatorname{softplus}(lead)$, and its derivative by that."""
        opposite = torch.sigmoid(lead)
        if self.form == "prob":
            s = torch.sigmoid(-lead)
            return Curve(-s, s * opposite)
        cost = negative_term(lead)
        if self.form == "log" or self.q == 0:
            return Curve(cost, opposite)
        return Curve(torch.expm1(-self.q * cost) * (-1 / self.q), torch.exp(-self.q * cost) * opposite)

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        form = f"form={self.form}, q={self.q}" if self.form == "gce" else f"form={self.form}"
        return f"{form}, no_finding={self.no_finding}, {super().extra_repr()}"
