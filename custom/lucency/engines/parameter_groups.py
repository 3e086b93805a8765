"""What an optimiser has to update: the network, and whatever a loss learns itself."""

from typing import Any

from torch import nn

from ..errors import ConfigError


def parameter_groups(*, network: nn.Module, loss: nn.Module, lr: float) -> list[dict[str, Any]]:
    """Parameter groups of what a network trains and of the parts of a loss that learn something.

    A loss without parameters gives the network's group alone. Parameters of a loss get no weight decay, for they are
    estimates and no weights, and `lr` times the `lr_multiplier` of the part that they belong to. Schedules that scale
    learning rates, which are nearly all, keep that ratio; `OneCycleLR` needs a list as `max_lr`.

    Args:
        network: the network, wrapped in DistributedDataParallel or not.
        loss: any loss, also a sum of losses.
        lr: learning rate of the network.

    Returns:
        Dicts for the argument `params` of a torch optimiser.

    Raises:
        ConfigError: neither has anything to train, as when findings with fixed queries were appended.

    Example:
        >>> class LearnedShiftLoss(nn.Module):
        ...     lr_multiplier = 10.0
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.shift = nn.Parameter(torch.zeros(2))
        >>> import torch
        >>> groups = parameter_groups(network=nn.Linear(3, 2), loss=LearnedShiftLoss(), lr=0.25)
        >>> torch.optim.AdamW(groups, lr=0.25).param_groups[1]["lr"], len(groups)
        (2.5, 2)
        >>> len(parameter_groups(network=nn.Linear(3, 2), loss=nn.BCEWithLogitsLoss(), lr=0.25))
        1
    """
    groups: list[dict[str, Any]] = [
        {"params": [parameter for parameter in network.parameters() if parameter.requires_grad]}
    ]
    for part in loss.modules():
        if own := list(part.parameters(recurse=False)):
            groups.append({"params": own, "lr": lr * getattr(part, "lr_multiplier", 1.0), "weight_decay": 0.0})
    if not any(group["params"] for group in groups):
        raise ConfigError(f"{type(network).__name__}: nothing of it is left to train; unfreeze what is to learn")
    return groups
