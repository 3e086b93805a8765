"""What a label-correlation head is made of: attention between labels, and what only its losses need."""

from torch import Tensor, nn


class GlobalCorrelation(nn.Module):
    """Self-attention of the labels, which no image takes part in, and what labels pass on to each other by it."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.W_q, self.W_k, self.W_v, self.W_g = (nn.Linear(dim, dim, bias=False) for _ in range(4))

    def forward(self, E: Tensor) -> tuple[Tensor, Tensor]:
        """$G$ (C, C), and $G E W_v$ (C, d), of the label embeddings $E$ (C, d)."""
        G = correlation(self.W_q(E), self.W_k(E))
        return G, G @ self.W_v(E)

    def propagate(self, G: Tensor, F: Tensor) -> Tensor:
        """$F'$ (B, C, d) of the label-level features $F$ (B, C, d)."""
        propagated: Tensor = F + (G @ self.W_g(F)).relu()
        return propagated


class LocalCorrelation(nn.Module):
    """How much the labels of one image attend to each other, $L$; only the losses use it."""

    training_only = True

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.U_q, self.U_k = (nn.Linear(dim, dim, bias=False) for _ in range(2))

    def forward(self, F: Tensor) -> Tensor:
        """$L$ (B, C, C) of the label-level features $F$ (B, C, d)."""
        return correlation(self.U_q(F), self.U_k(F))


class Projector(nn.Module):
    """Label-level features as contrast compares them, $u$; only the losses use it."""

    training_only = True

    def __init__(self, dim: int, projection: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential(nn.Linear(dim, dim), nn.ReLU(), nn.Linear(dim, projection))

    def forward(self, F: Tensor) -> Tensor:
        """$u$ (B, C, P), of unit length, of the label-level features $F$ (B, C, d)."""
        return nn.functional.normalize(self.mlp(F), dim=-1)


def correlation(queries: Tensor, keys: Tensor) -> Tensor:
    r"""$\mathrm{softmax}(Q K^\top / \sqrt d)$, rows sum to 1: (..., M, N) of queries (..., M, d) and keys (..., N, d).

    Example:
        >>> import torch
        >>> correlation(torch.zeros(3, 4), torch.rand(2, 4)).tolist()
        [[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]]
    """
    attention: Tensor = (queries @ keys.transpose(-1, -2) * queries.shape[-1] ** -0.5).softmax(-1)
    return attention
