"""A classification head that gives every label features of its own and lets labels know of each other."""

from math import sqrt
from pathlib import Path

import torch
from torch import Tensor, nn

from ..errors import ConfigError
from ..losses import LabelCorrelations
from .label_correlation_embeddings import initial_embeddings
from .label_correlation_parts import GlobalCorrelation, LocalCorrelation, Projector, correlation
from .query_vectors import Vectors


class LabelCorrelationHead(nn.Module):
    r"""Logits from label-level features that attend to the image and to each other; a **reconstruction**.

    With the feature map $x$ of an image at S places, and label embeddings $E \in \mathbb{R}^{C \times d}$:

    | step | formula |
    |---|---|
    | tokens | $t_s = W_t x_s + b_t \in \mathbb{R}^d$ |
    | global correlations | $G = \mathrm{softmax}((E W_q^g)(E W_k^g)^\top / \sqrt d)$ |
    | labels that know of each other | $\hat E = \mathrm{LN}(E + G E W_v^g)$ |
    | decomposition | $A = \mathrm{softmax}_s((\hat E W_q)(T W_k)^\top / \sqrt d)$, $F = \mathrm{LN}(A\,T\,W_v)$ |
    | local correlations | $L = \mathrm{softmax}((F U_q)(F U_k)^\top / \sqrt d)$ |
    | propagation | $F' = F + \mathrm{ReLU}(G F W_g)$ |
    | logits | $z_c = w_c \cdot F'_c + b_c$ |
    | contrast | $u_c = \mathrm{MLP}(F_c) / \lVert\mathrm{MLP}(F_c)\rVert$ |

    $A$ is a heat map a label, see `attention`. $L$ and $u$ serve the losses alone: evaluation does not compute them,
    and `without_training_parts` gives a copy without their weights.

    Everything runs in the precision of the parameters with autocast switched off; only inside a TorchScript module
    under autocast do the products follow autocast.

    Zhang et al.: Label correlation guided discriminative label feature learning for multi-label chest image
    classification, Comput. Methods Programs Biomed. 245, 2024 (doi:10.1016/j.cmpb.2024.108032). Written from the
    abstract, which names self-attention for global correlations, decomposition into label-level features, and the
    consistency of global and local correlations; every equation and dimension here is ours. The classifier is that
    of Liu et al.: Query2Label, 2021 (arXiv:2107.10834).

    Tensors:
        features: (B, D, ...) floating point, the encoder's feature map of any extent.
        logits: (B, C) in the dtype of the parameters, before the sigmoid; in training `LabelCorrelations`.

    Args:
        in_channels: D; DenseNet121 has 1024.
        out_channels: C, one logit a finding.
        dim: d; 256 is our choice.
        global_correlation: whether there is a $G$; without it $\hat E = \mathrm{LN}(E)$, $F' = F$, and there is no $L$.
        projection: P, numbers in $u$; 0 for none. 128 is that of MulCon (Dao et al., 2021, arXiv:2107.11626).
        embeddings: how $E$ begins: `normal` as $N(0, 0.02^2)$, vectors, or the path of a `.npy` file of them, such as
            text embeddings of the findings' names, see `initial_embeddings`. In inference, where weights are loaded
            over them, vectors need not be at hand: `normal` makes the same network.

    Raises:
        ConfigError: an argument that no such head can have; the message names it.

    Example:
        >>> head = LabelCorrelationHead(1024, 14)
        >>> output = head(torch.rand(2, 1024, 7, 7))
        >>> output.z.shape, output.G.shape, output.L.shape, output.u.shape
        (torch.Size([2, 14]), torch.Size([14, 14]), torch.Size([2, 14, 14]), torch.Size([2, 14, 128]))
        >>> head.eval()(torch.rand(2, 1024, 7, 7)).shape
        torch.Size([2, 14])
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        *,
        dim: int = 256,
        global_correlation: bool = True,
        projection: int = 128,
        embeddings: str | Path | Vectors = "normal",
    ) -> None:
        super().__init__()
        for name, number, least in (
            ("in_channels", in_channels, 1),
            ("out_channels", out_channels, 1),
            ("dim", dim, 1),
            ("projection", projection, 0),
        ):
            if type(number) is not int or number < least:
                raise ConfigError(f"LabelCorrelationHead: {name} is {number}; give a whole number from {least}")
        self.W_t = nn.Linear(in_channels, dim)
        self.E = nn.Parameter(initial_embeddings(embeddings, out_channels, dim))
        self.global_correlation = GlobalCorrelation(dim) if global_correlation else None
        self.norm_E = nn.LayerNorm(dim)
        self.W_q, self.W_k, self.W_v = (nn.Linear(dim, dim, bias=False) for _ in range(3))
        self.norm_F = nn.LayerNorm(dim)
        self.w = nn.Parameter(_random_weights(out_channels, dim))
        self.b = nn.Parameter(torch.zeros(out_channels))
        self.local_correlation = LocalCorrelation(dim) if global_correlation else None
        self.projector = Projector(dim, projection) if projection else None

    def forward(self, features: Tensor) -> Tensor:
        """Logits (B, C) of features (B, D, ...); in training `LabelCorrelations`.

        The annotation passes those over: TorchScript knows one return type, and what is exported evaluates.
        """
        if torch.jit.is_scripting():  # type: ignore[attr-defined]
            return self._label_level(features)[0]
        else:  # noqa: RET505  an autocast on a device named at run time does not compile; a ruled out `else` need not
            with torch.autocast(features.device.type, enabled=False):
                z, F, _, G = self._label_level(features)
                if not self.training:
                    return z
                L = None if self.local_correlation is None else self.local_correlation(F)
                u = None if self.projector is None else self.projector(F)
                return LabelCorrelations(z, G, L, u)  # type: ignore[return-value]

    def reset_parameters(self) -> None:
        """Draw what the head holds itself anew, as its layers do theirs; given embeddings are lost."""
        with torch.no_grad():
            self.E.copy_(initial_embeddings("normal", *self.E.shape))
            self.w.copy_(_random_weights(*self.w.shape))
            self.b.zero_()

    def attention(self, features: Tensor) -> Tensor:
        """Where each label looks, $A$: (B, C, ...) of features (B, D, ...), from 0 to 1, 1 in sum over the places."""
        with torch.autocast(features.device.type, enabled=False):
            A = self._label_level(features)[2]
        return A.reshape(*A.shape[:2], *features.shape[2:])

    def _label_level(self, features: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """Logits z (B, C), label-level features F (B, C, d), attention A (B, C, S), and G (C, C) if there is one."""
        x = features.flatten(2).transpose(1, 2).to(self.E.dtype)  # (B, S, D)
        T = self.W_t(x)
        G: Tensor | None = None
        E: Tensor = self.E
        if self.global_correlation is not None:
            G, passed_on = self.global_correlation(E)
            E = E + passed_on
        A = correlation(self.W_q(self.norm_E(E)), self.W_k(T))
        F = self.norm_F(A @ self.W_v(T))
        propagated = F
        if self.global_correlation is not None and G is not None:
            propagated = self.global_correlation.propagate(G, F)
        # as a product and a sum, OpenVINO 2026 would take w for the scale of the layer normalisation before it
        return torch.einsum("bcd,cd->bc", propagated, self.w) + self.b, F, A, G


def _random_weights(findings: int, dim: int) -> Tensor:
    """Weights (C, d) of the group-wise classifier, as `nn.Linear` draws them."""
    return torch.empty(findings, dim).uniform_(-1 / sqrt(dim), 1 / sqrt(dim))
