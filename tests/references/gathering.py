"""What a rank of a gloo group gets from `gather_ranks`, and what it had to send for it."""

import torch
from torch import distributed

Share = tuple[torch.Tensor, torch.Tensor]


def gather_shares(rank: int, cases: list[list[Share]]) -> list[dict]:
    """For each case: scores and targets of all ranks, and the bytes of each message of this rank."""
    import ignite.distributed as idist

    from lucency.metrics.gather_ranks import gather_ranks

    idist.sync()  # ignite's own first exchange, of the names of hosts
    sent: list[int] = []
    all_gather = distributed.all_gather

    def counted(output, tensor, **settings):
        sent.append(tensor.numel() * tensor.element_size())
        return all_gather(output, tensor, **settings)

    distributed.all_gather = counted
    results = []
    for shares in cases:
        sent.clear()
        scores, targets = gather_ranks(*shares[rank])
        results.append({"scores": scores, "targets": targets, "sent": list(sent)})
    distributed.all_gather = all_gather
    return results
