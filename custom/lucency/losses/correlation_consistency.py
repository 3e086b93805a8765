"""Global and local label correlations are drawn together."""

import torch
from torch import Tensor, nn

from .base import one_of
from .label_correlations import in_full_precision
from .ranks import sum_over_ranks

DIVERGENCES = ("mse", "kl", "js")
ROWS = ("positive", "all")
SIDES = ("none", "global", "local")
LEAST = 1e-30  # a share below it counts as this much: its logarithm and its reciprocal are finite in float32


class CorrelationConsistency(nn.Module):
    r"""Mean distance of the rows of each image's local correlations $L_i$ from those of the global ones, $G$.

    $L_{cons} = \frac{1}{|R|} \sum_{(i,c) \in R} d(G_c, L_{ic})$ over rows $R$ of the batch, with

    | `divergence` | $d(g, l)$ |
    |---|---|
    | `mse` | $\lVert l - g \rVert^2$, the squares added, not averaged |
    | `kl` | $\mathrm{KL}(g \Vert l) = \sum_k g_k \log (g_k / l_k)$ |
    | `js` | $\frac12 \mathrm{KL}(g \Vert m) + \frac12 \mathrm{KL}(l \Vert m)$ with $m = (g + l) / 2$ |

    | label | its row |
    |---|---|
    | positive, exactly 1 | takes part |
    | negative, soft | takes part if `rows` is `all` |
    | unknown (NaN) | never |

    Without such a row it is exactly 0, as is its gradient. Under DDP $|R|$ counts the rows of all ranks and averaged
    gradients are those of the whole batch. A part of `LabelCorrelationLoss`.

    Zhang et al. (doi:10.1016/j.cmpb.2024.108032) name a consistency constraint; this form of it is a reconstruction,
    and so are the defaults. At a small start both are almost uniform and squared differences of about $1/C$ nearly
    vanish, so that `mse` does next to nothing: `kl` is relative. Given all rows it may succeed too well, $L_i = G$
    for every image, where the local correlations have lost the image; `positive` asks it only of findings that are
    there. Watch `local_variance` of `LabelCorrelationLoss`.

    Args:
        divergence: `kl`, `mse` or `js`.
        rows: `positive` or `all`.
        stop_gradient: which side is a constant to the gradient: `none`, `global` or `local`.

    Raises:
        ConfigError: an argument is none of its choices.

    Example:
        >>> G, L = torch.tensor([[0.5, 0.5], [0.5, 0.5]]), torch.tensor([[[0.5, 0.5], [0.25, 0.75]]])
        >>> CorrelationConsistency(divergence="mse")(G, L, torch.tensor([[torch.nan, 1.0]]))
        tensor(0.1250)
    """

    def __init__(self, *, divergence: str = "kl", rows: str = "positive", stop_gradient: str = "none") -> None:
        super().__init__()
        name = type(self).__name__
        self.divergence = one_of(name, "divergence", divergence, DIVERGENCES)
        self.rows = one_of(name, "rows", rows, ROWS)
        self.stop_gradient = one_of(name, "stop_gradient", stop_gradient, SIDES)

    def forward(self, G: Tensor, L: Tensor, targets: Tensor) -> Tensor:
        """The distance, a scalar, of G (C, C) and L (B, C, C), whose rows sum to 1, and targets (B, C)."""
        image, finding = torch.nonzero(targets == 1 if self.rows == "positive" else ~targets.isnan(), as_tuple=True)
        G, L = in_full_precision(G)[finding], in_full_precision(L)[image, finding]
        if self.stop_gradient == "global":
            G = G.detach()
        elif self.stop_gradient == "local":
            L = L.detach()
        distances = self._distances(G, L)
        count, ranks = sum_over_ranks(torch.tensor(len(finding), device=L.device), distances)
        return ranks / count.clamp(min=1).to(L.dtype) * distances.sum()

    def _distances(self, G: Tensor, L: Tensor) -> Tensor:
        if self.divergence == "mse":
            return (L - G).square()
        if self.divergence == "kl":
            return divergence(G, L)
        middle = (G + L) / 2
        return (divergence(G, middle) + divergence(L, middle)) / 2

    def extra_repr(self) -> str:
        """Settings shown by `print`."""
        return f"divergence={self.divergence}, rows={self.rows}, stop_gradient={self.stop_gradient}"


def divergence(p: Tensor, q: Tensor) -> Tensor:
    r"""Terms $p_k \log (p_k / q_k)$ of $\mathrm{KL}(p \Vert q)$, finite also where a share is 0.

    Example:
        >>> divergence(torch.tensor([0.0, 1.0]), torch.tensor([0.5, 0.5])).sum()
        tensor(0.6931)
    """
    return p * (p.clamp(min=LEAST).log() - q.clamp(min=LEAST).log())
