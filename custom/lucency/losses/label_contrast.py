"""Supervised contrast of label-level features, guided by how labels correlate."""
# ruff: noqa: N803  G as in the formulas

import torch
from torch import Tensor

from ..errors import ConfigError
from .base import number_in, one_of
from .feature_queue import FeatureQueue
from .label_correlations import in_full_precision
from .ranks import gather_rows, gather_with_gradient, rank_of
from .state import SampleIndexed

MODES = ("guided", "soft_pos", "plain")


class LabelContrast(SampleIndexed):
    r"""Features of the same finding in different images are drawn together, and apart from those of other findings.

    Anchors are the positive labels of the batch, $I = \{(i,c) : y_{ic} = 1\}$, with features $u_{ic}$ of unit length
    and $s_{ak} = u_a \cdot u_k / \tau$:

    $$L_{con} = -\frac{1}{|I|} \sum_{a \in I} \frac{1}{\max(1, \sum_p v_{ap})} \sum_{p} v_{ap}
    \log \frac{e^{s_{ap}}}{\sum_{k \in I \setminus a} w(c_a, c_k)\, e^{s_{ak}}}$$

    with $\bar G$ = $(G + G^\top)/2$ without its diagonal, over its largest cell, a constant to the gradient, and

    | `mode` | $w(c, c')$, 1 if $c = c'$ | $v_{ap}$ of another image, 1 if $c_a = c_p$ |
    |---|---|---|
    | `guided` | $1 - \rho \bar G_{cc'}$: correlated findings are pushed apart less | 0 |
    | `soft_pos` | 1 | $\rho \bar G_{cc'}$: correlated findings are drawn together |
    | `plain` | 1 | 0 |

    $v$ is 0 within an image. An anchor without such a $p$ adds 0; a batch with fewer than two anchors gives 0. `plain`,
    or $\rho = 0$, is the loss of MulCon. Labels that are negative, soft or unknown have no influence, and their
    features a gradient of exactly 0. Every row of a batch is an image of its own. Under DDP the features of all ranks
    are compared, and averaged gradients are those of the whole batch. Costs $|I|^2$ numbers, never $(BC)^2$.

    With a queue, features of former batches are further $p$ and $k$, without gradient and but for those of the
    anchor's own image, so that a finding seen once in many batches has company; see `FeatureQueue`. It is then told
    which images a batch holds (`begin_batch`), and fills only where a gradient flows. A part of `LabelCorrelationLoss`.

    Zhang et al. (doi:10.1016/j.cmpb.2024.108032) name a label-correlation guided multi-label supervised contrastive
    loss; `guided` and `soft_pos` are two reconstructions of it. Dao et al.: MulCon, 2021 (arXiv:2107.11626).

    Args:
        mode: `guided`, `soft_pos` or `plain`.
        temperature: $\tau$ in [0.001, 1000]; 0.2 is MulCon's.
        rho: $\rho$ in [0, 1]; 0.5 is our choice.
        queue_size: features kept in all, 0 for none.
        findings: C, needed by a queue.
        projection: P, numbers in $u$, needed by a queue; that of the network.

    Raises:
        ConfigError: an argument is outside its range; during training, if there is no $G$ and the mode is not
            `plain`, or there is a queue and the batch has no index or other sizes.

    Example:
        >>> u = torch.tensor([[[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]])  # two images alike, two findings
        >>> LabelContrast(mode="plain", temperature=1.0)(u, torch.ones(2, 2))  # log(e + 2) - 1
        tensor(0.5514)
        >>> LabelContrast(rho=1.0, temperature=1.0)(u, torch.ones(2, 2), torch.full((2, 2), 0.5))
        tensor(0.)
    """

    def __init__(
        self,
        *,
        mode: str = "guided",
        temperature: float = 0.2,
        rho: float = 0.5,
        queue_size: int = 0,
        findings: int | None = None,
        projection: int = 128,
    ) -> None:
        super().__init__()
        name = type(self).__name__
        self.mode = one_of(name, "mode", mode, MODES)
        self.temperature = number_in(name, "temperature", temperature, 1e-3, 1e3)
        self.rho = number_in(name, "rho", rho, 0, 1)
        if queue_size and findings is None:
            raise ConfigError(f"{name}: queue_size is {queue_size} and findings is not given; give their number")
        self.queue = FeatureQueue(queue_size, findings, projection) if queue_size and findings is not None else None

    def forward(self, u: Tensor, targets: Tensor, G: Tensor | None = None) -> Tensor:
        """The loss, a scalar, of features u (B, C, P) of unit length, targets (B, C), and G (C, C)."""
        if self.mode != "plain" and G is None:
            raise ConfigError(
                f"LabelContrast: mode is {self.mode} and the network has no global correlations; set "
                "network_def#global_correlation to true, or mode to plain"
            )
        u = in_full_precision(u)
        if self.queue is not None:
            self.queue.check(u)
        row, finding = torch.nonzero(targets == 1, as_tuple=True)
        own = u[row, finding]
        index = row if self.queue is None else self.index_of(u, torch.iinfo(torch.int64).max)[row]
        places = torch.stack([finding, row + (rank_of(own) << 32), index], dim=1)
        anchors = gather_with_gradient(own)
        finding, image, index = gather_rows(places, own)[0].unbind(dim=1)
        keys, of_finding = anchors, finding
        same_image = image[:, None] == image
        left_out = torch.eye(len(image), dtype=torch.bool, device=image.device)
        if self.queue is not None:
            held, held_finding, held_index = self.queue.held()
            keys, of_finding = torch.cat([anchors, held.to(anchors)]), torch.cat([finding, held_finding])
            again = index[:, None] == held_index
            same_image, left_out = torch.cat([same_image, again], dim=1), torch.cat([left_out, again], dim=1)
            if own.requires_grad:
                self.queue.push(anchors, finding, index)
        attraction, log_weight = self._guidance(finding, of_finding, G)
        attraction = (attraction * ~same_image).to(u.dtype)
        return self._contrast(anchors @ keys.T / self.temperature, attraction, log_weight, left_out)

    def _guidance(self, finding: Tensor, of_finding: Tensor, G: Tensor | None) -> tuple[Tensor, Tensor | float]:
        r"""$v$ (M, K) as it is between images, and $\log w$ (M, K) or 0."""
        same = finding[:, None] == of_finding
        if self.mode == "plain" or G is None:
            return same, 0.0
        guide = self.rho * guidance(G)[finding[:, None], of_finding]
        return (same + guide, 0.0) if self.mode == "soft_pos" else (same, torch.log1p(-guide))

    @staticmethod
    def _contrast(s: Tensor, attraction: Tensor, log_weight: Tensor | float, left_out: Tensor) -> Tensor:
        total = attraction.sum(dim=1)
        drawn = total > 0
        if not drawn.any():
            return 0 * s.sum()  # part of the graph: other ranks and the optimiser expect a gradient
        log_sum = (s + log_weight).masked_fill(left_out, -torch.inf)[drawn].logsumexp(dim=1, keepdim=True)
        terms = attraction[drawn] * (log_sum - s[drawn])
        return (terms.sum(dim=1) / total[drawn].clamp(min=1)).sum() / len(s)

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return f"mode={self.mode}, temperature={self.temperature}, rho={self.rho}"


def guidance(G: Tensor) -> Tensor:
    r"""$\bar G$ (C, C) of $G$ (C, C): symmetric, 0 on the diagonal, 1 at most; without gradient.

    Example:
        >>> guidance(torch.tensor([[0.2, 0.8], [0.4, 0.6]]))
        tensor([[0., 1.],
                [1., 0.]])
    """
    full = in_full_precision(G.detach())
    symmetric = (full + full.T).fill_diagonal_(0)
    return symmetric / symmetric.amax().clamp(min=torch.finfo(symmetric.dtype).tiny)
