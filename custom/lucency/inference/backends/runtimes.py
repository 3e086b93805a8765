"""The runtimes there are, by name."""

from ...errors import ConfigError, suggestion
from .onnx_runtime import OnnxRuntime
from .openvino import OpenVino
from .runtime import Runtime
from .tensorrt import TensorRT
from .torch_runtime import Torch
from .torchscript import TorchScript

RUNTIMES: dict[str, Runtime] = {
    runtime.name: runtime for runtime in (Torch(), TorchScript(), OnnxRuntime(), OpenVino(), TensorRT())
}
"""What `backend` may name, in the order in which tables show them."""


def runtime_named(name: str, others: tuple[str, ...] = ()) -> Runtime:
    """Return the runtime of this name.

    Args:
        name: as in `RUNTIMES`.
        others: names that are valid too where the caller stands, for the error.

    Raises:
        ConfigError: there is none.

    Example:
        >>> runtime_named("opnevino")
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: backend 'opnevino' is unknown; did you mean 'openvino'?
            (there are: torch, torchscript, onnxruntime, openvino, tensorrt)
    """
    if name in RUNTIMES:
        return RUNTIMES[name]
    known = (*RUNTIMES, *others)
    raise ConfigError(f"backend {name!r} is unknown{suggestion(name, known)} (there are: {', '.join(known)})")
