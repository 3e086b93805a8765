"""The scores and labels of all ranks on every rank, in two exchanges and five bytes a label."""

import ignite.distributed as idist
import torch
from torch import Tensor

UNKNOWN = 2  # what stands for NaN while a label travels as one byte


def gather_ranks(scores: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Rows of all ranks, those of rank 0 first; ranks may hold unequal numbers of rows, or none.

    The ranks first tell each other how many rows they have, then send all of them at once: a score as float32 and a
    label as one byte. Where a rank has float64 scores, or labels other than 1, 0 and NaN, all send float64 instead, so
    that no order and no wrong label is lost.

    Args:
        scores: (n, L) floating point.
        targets: (n, L) of 1, 0, or NaN for unknown.

    Returns:
        scores (N, L) and targets (N, L) on the CPU, float32 or float64.

    Example:
        >>> gather_ranks(torch.tensor([[0.2], [0.9]]), torch.tensor([[1.0], [torch.nan]]))
        (tensor([[0.2000],
                [0.9000]]), tensor([[1.],
                [nan]]))
    """
    if idist.get_world_size() == 1:
        return scores.cpu(), targets.cpu()
    targets = targets.to(scores.device)
    known_labels = (targets == 0) | (targets == 1) | targets.isnan()
    wide = scores.dtype == torch.float64 or not known_labels.all()
    ranks = idist.all_gather(torch.tensor([[len(scores), wide]])).cpu()
    counts = ranks[:, 0].tolist()
    if ranks[:, 1].any():
        cells = torch.cat([scores.double(), targets.double()], dim=1)
    else:
        codes = torch.nan_to_num(targets, nan=UNKNOWN).to(torch.uint8)
        cells = torch.cat([scores.float().contiguous().view(torch.uint8), codes], dim=1)
    padding = cells.new_zeros(max(counts) - len(cells), cells.shape[1])
    received = idist.all_gather(torch.cat([cells, padding])).cpu().split(max(counts) or 1)
    cells = torch.cat([part[:count] for part, count in zip(received, counts, strict=False)])
    # a contiguous slice of one row keeps the stride of the whole row, a clone does not: its type can be changed
    first, second = (
        part.clone(memory_format=torch.contiguous_format)
        for part in (cells[:, : -targets.shape[1]], cells[:, -targets.shape[1] :])
    )
    if cells.dtype == torch.float64:
        return first, second
    return first.view(torch.float32), torch.where(second == UNKNOWN, torch.nan, second.float())
