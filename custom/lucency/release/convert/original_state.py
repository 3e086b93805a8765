"""Reading the tensors of somebody else's checkpoint without running anything in it."""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ...errors import ConfigError

_WRAPPINGS = ("state_dict", "model_state_dict", "model", "network")  # under which training scripts keep the tensors
_MEND = (
    "on a machine that may trust the file, keep its tensors alone: "
    "torch.save(torch.load(FILE, weights_only=False).state_dict(), 'state.pt'); "
    "docs/how-to/bring-your-weights.md has the lines for TorchXRayVision"
)


def read_original_state(path: str | Path) -> dict[str, Tensor]:
    """Read a state dict, bare or inside a checkpoint, from ``.safetensors`` or from what ``torch.save`` writes.

    Args:
        path: the file. A ``DataParallel`` prefix and further entries of a checkpoint (epoch, optimizer) do not matter.

    Returns:
        Tensor by name, on the CPU.

    Raises:
        ConfigError: there is no such file, it is no checkpoint, or it holds a pickled module, which only running its
            code could open.
    """
    path = Path(path)
    if not path.is_file():
        raise ConfigError(f"{path}: no weights there; give the path of a state dict (.pt, .pth.tar or .safetensors)")
    content = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    for wrapping in _WRAPPINGS:
        if isinstance(content, Mapping) and isinstance(content.get(wrapping), Mapping):
            content = content[wrapping]
    if not isinstance(content, Mapping) or not content or not all(isinstance(v, Tensor) for v in content.values()):
        raise ConfigError(f"{path}: holds no state dict, which maps names to tensors; save model.state_dict()")
    return dict(content)


def _read_safetensors(path: Path) -> Any:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise ConfigError(f"{path}: is no safetensors file ({error}); download it again") from error


def _read_torch(path: Path) -> Any:
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # torch raises many types for a file that is something else, or damaged
        if isinstance(error, pickle.UnpicklingError) and "GLOBAL" in str(error):  # it names a class or function to call
            reason = f"holds pickled objects, which could run any code, and is not opened; {_MEND}"
        else:
            reason = f"is no checkpoint of torch.save ({type(error).__name__}); download it again"
        raise ConfigError(f"{path}: {reason}") from error
