"""A network as it answers, without what only its losses need."""

import copy

from torch import nn


def without_training_parts(network: nn.Module) -> nn.Module:
    """Copy a network for release: in evaluation mode, and without the modules that are marked ``training_only = True``.

    A module so marked must be an attribute that its parent does without in evaluation: None takes its place. The copy
    gives the very logits of the network in evaluation; what it saves, or exports to TorchScript or ONNX, holds no
    weight of those modules. The given network stays as it is.

    Args:
        network: any; without marked modules the copy is complete.

    Example:
        >>> from lucency.networks import LabelCorrelationHead
        >>> head = LabelCorrelationHead(1024, 14)
        >>> released = without_training_parts(head)
        >>> released.local_correlation, released.projector, released.training, head.training
        (None, None, False, True)
    """
    released = copy.deepcopy(network).eval()
    for parent in list(released.modules()):
        for name, child in list(parent.named_children()):
            if getattr(child, "training_only", False):
                setattr(parent, name, None)
    return released
