"""What a loss needs to see the whole batch when DDP has spread it over several ranks.

DDP averages the gradients of all ranks. Each function here says how its result behaves under that average. Outside
distributed training, and wherever no gradient flows, each sees the rank's own cells alone: validation may run on one
rank, and a collective call there would never return.
"""

import torch
from torch import Tensor


def ranks_of(tensor: Tensor) -> int:
    """Number of ranks whose gradients DDP will average; 1 where none flows into `tensor` or nothing is distributed."""
    distributed = torch.distributed
    if not (tensor.requires_grad and distributed.is_available() and distributed.is_initialized()):
        return 1
    return distributed.get_world_size()


def rank_of(tensor: Tensor) -> int:
    """Number of this process among `ranks_of(tensor)`, from 0."""
    return torch.distributed.get_rank() if ranks_of(tensor) > 1 else 0


def sum_over_ranks(count: Tensor, terms: Tensor) -> tuple[Tensor, int]:
    """`count` summed over all ranks, without gradient; and the number of ranks.

    Args:
        count: any shape, the same on every rank.
        terms: a tensor that needs a gradient during training.
    """
    ranks = ranks_of(terms)
    if ranks > 1:
        count = count.clone()
        torch.distributed.all_reduce(count)
    return count, ranks


def mean_over_ranks(mean: Tensor) -> Tensor:
    """Mean of the ranks' `mean` in value; in gradient the rank's own, which is what DDP's average then makes right."""
    total, ranks = sum_over_ranks(mean.detach(), mean)
    return mean if ranks == 1 else mean + (total / ranks - mean.detach())


def gather_rows(rows: Tensor, terms: Tensor) -> tuple[Tensor, slice]:
    """Rows of all ranks, without gradient, one below the other; and which of them are this rank's.

    Args:
        rows: (B, L); B may differ between ranks, L and dtype may not.
        terms: a tensor that needs a gradient during training.
    """
    rows, ranks = rows.detach(), ranks_of(terms)
    if ranks == 1:
        return rows, slice(0, len(rows))
    sizes = [torch.zeros(1, dtype=torch.int64, device=rows.device) for _ in range(ranks)]
    torch.distributed.all_gather(sizes, torch.tensor([len(rows)], device=rows.device))
    counts = [int(size) for size in sizes]
    if not any(counts):
        return rows, slice(0, 0)
    padded = rows.new_zeros(max(counts), rows.shape[1])
    padded[: len(rows)] = rows
    gathered = [torch.empty_like(padded) for _ in range(ranks)]
    torch.distributed.all_gather(gathered, padded)
    start = sum(counts[: torch.distributed.get_rank()])
    whole = torch.cat([part[:count] for part, count in zip(gathered, counts, strict=True)])
    return whole, slice(start, start + len(rows))


def gather_with_gradient(rows: Tensor) -> Tensor:
    """Rows (B, L) of all ranks, this rank's with its gradient times the number of ranks.

    If every rank computes the same loss of the result, DDP's average is the gradient of that loss: other ranks' rows
    need no gradient here, since they get theirs where they live.
    """
    whole, own = gather_rows(rows, rows)
    ranks = ranks_of(rows)
    if ranks == 1:
        return rows
    scaled = ranks * rows - (ranks - 1) * rows.detach()
    return torch.cat([whole[: own.start], scaled, whole[own.stop :]])
