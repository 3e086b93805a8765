"""The end of a process among several."""

import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel


def leave_process_group(network: nn.Module) -> None:
    """Leave the process group, so that its threads have ended when this returns.

    ``torch.distributed.destroy_process_group`` only forgets the group; the reducer of a `DistributedDataParallel` still
    holds it, and it is Python's own end that ends gloo's threads. One that happens to hold a tensor then kills the
    process with SIGABRT, after all work is done (PyTorch's pull request 179291 describes it).

    Args:
        network: of the trainer. If it is distributed, it cannot be called any more; the module within it can.

    Example:
        >>> network = nn.Linear(1, 1)
        >>> dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
        >>> leave_process_group(network)
        >>> dist.is_initialized()
        False
    """
    dist.destroy_process_group()
    if isinstance(network, DistributedDataParallel):
        del network.logger, network.reducer  # the first one holds the second
        del network.process_group  # the last one to hold the group has to be Python: it waits without the GIL
