"""From torchvision's names of a DenseNet121's tensors to MONAI's."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from monai.networks.nets import DenseNet121
from torch import Tensor

from ...engines.weights import load_network_state
from ...errors import ConfigError
from ...files import first_few

FIRST, LAST = "features.conv0.weight", "classifier.weight"
_DOTTED = re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12])\.")  # torchvision wrote norm.1 before 2018
_CLASSIFIER = re.compile(r"^(classifier\.)0\.")


def plain_names(state: Mapping[str, Tensor], path: str | Path) -> dict[str, Tensor]:
    """Spell the names as today's torchvision does: no prefix of a wrapper, ``norm1`` for ``norm.1``, a bare classifier.

    A classifier within a ``Sequential``, often followed by a sigmoid, is spelled ``classifier.0``.

    Raises:
        ConfigError: there is no first convolution or classifier, so this is no DenseNet of torchvision; or two tensors
            have one name.

    Example:
        >>> ends = {"features.conv0.weight": torch.ones(64, 1, 7, 7), "classifier.0.weight": torch.ones(14, 1024)}
        >>> list(plain_names({f"module.densenet121.{name}": tensor for name, tensor in ends.items()}, "model.pt"))
        ['features.conv0.weight', 'classifier.weight']
    """
    prefixes = [name.removesuffix(FIRST) for name in state if name.endswith(FIRST)]
    prefix = prefixes[0] if prefixes else ""
    plain = {_CLASSIFIER.sub(r"\1", _DOTTED.sub(r"\1\2.", name.removeprefix(prefix))): name for name in state}
    for needed, axes in ((FIRST, 4), (LAST, 2)):
        if needed not in plain or state[plain[needed]].ndim != axes:
            raise ConfigError(
                f"{path}: is no DenseNet121 as torchvision and TorchXRayVision name it (it has no {needed}); "
                "only that architecture can be converted"
            )
    if twins := sorted(state.keys() - plain.values()):
        raise ConfigError(f"{path}: has a second spelling of the same tensor ({first_few(twins)}); keep one of them")
    return {name: state[original] for name, original in plain.items()}


def to_monai(plain: Mapping[str, Tensor], path: str | Path, keep: Sequence[int]) -> dict[str, Tensor]:
    """Give the tensors of a torchvision DenseNet121 the names of MONAI's; every one is used, none is missing.

    The number of input channels is the checkpoint's own. ``num_batches_tracked``, which old checkpoints lack and
    inference ignores, is 0 where it is absent.

    Args:
        plain: tensors, named as `plain_names` does.
        path: their file, for errors.
        keep: outputs to keep, in this order.

    Returns:
        State of ``monai.networks.nets.DenseNet121``, float32.

    Raises:
        ConfigError: tensors are missing, left over, of another shape, or not finite.
    """
    channels, outputs = plain[FIRST].shape[1], len(plain[LAST])
    network = DenseNet121(spatial_dims=2, in_channels=channels, out_channels=outputs)
    wanted = network.state_dict()
    names = {name.replace(".layers.", ".").replace("class_layers.out", "classifier"): name for name in wanted}
    state = {names.get(name, name): tensor for name, tensor in plain.items()}
    for name in wanted:
        if name.endswith("num_batches_tracked"):
            state.setdefault(name, torch.tensor(0))
    load_network_state(network, state, Path(path))
    loaded: dict[str, Tensor] = network.state_dict()
    for name, tensor in loaded.items():
        if not tensor.isfinite().all():
            raise ConfigError(f"{path}: {name} holds NaN or infinity, which give no probability; download it again")
    rows = list(keep)
    return {name: tensor[rows] if name.startswith("class_layers.out.") else tensor for name, tensor in loaded.items()}
