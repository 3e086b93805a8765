"""Exported networks on NumPy arrays: the libraries that answer without PyTorch."""

import importlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .precision import Precision

INPUT, OUTPUT = "image", "pred"
"""Names of the ONNX graph's input and output; `pred` are logits."""

ArrayAnswer = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From images (B, 1, S, S) to logits (B, L)."""

_HINTS: dict[Precision, str] = {"fp32": "f32", "bf16": "bf16", "int8": "f32"}
"""Set always: left alone, OpenVINO computes in bfloat16 on processors that can."""


def onnxruntime_session(file: Path, precision: Precision, threads: int, *, once: bool = False) -> ArrayAnswer:
    """Start an ONNX Runtime session on the CPU; any number of threads may ask.

    Args:
        file: `.onnx`, with its `.data` beside it.
        precision: stands in the file already.
        threads: of the CPU.
        once: for an image or two: do not take longer to rearrange the network than that saves when it answers.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    if once and precision != "int8":  # which has to be rearranged to be computed in integers at all
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # its threads would else burn a core each while images are decoded
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

    def answer(images: NDArray[np.float32]) -> NDArray[np.float32]:
        (logits,) = session.run([OUTPUT], {INPUT: np.ascontiguousarray(images)})
        return np.asarray(logits)

    return answer


def openvino_session(file: Path, precision: Precision, threads: int, *, once: bool = False) -> ArrayAnswer:
    """Compile for this processor with OpenVINO; any number of threads may ask.

    Args:
        file: `.xml`, with its `.bin` beside it.
        precision: in which it computes; 8-bit integers stand in the file already.
        threads: of the CPU.
        once: makes no difference here.
    """
    import openvino

    settings = {
        "INFERENCE_PRECISION_HINT": _HINTS[precision],
        "INFERENCE_NUM_THREADS": threads,
        "PERFORMANCE_HINT": "LATENCY",
        "ENABLE_CPU_PINNING": False,  # each network of a process would be tied to the same first processor
    }
    model = openvino.Core().compile_model(file, "CPU", settings)
    local = threading.local()  # a request serves one caller at a time

    def answer(images: NDArray[np.float32]) -> NDArray[np.float32]:
        if not hasattr(local, "request"):
            local.request = model.create_infer_request()
        request: Any = local.request
        return np.array(request.infer([np.ascontiguousarray(images)])[0])  # the request writes its own array again

    return answer


class Opener(Protocol):
    """Makes an exported file ready to answer."""

    def __call__(self, file: Path, precision: Precision, threads: int, *, once: bool = False) -> ArrayAnswer:
        """See `onnxruntime_session`."""


SESSIONS: dict[str, Opener] = {
    "onnxruntime": onnxruntime_session,
    "openvino": openvino_session,
}
"""How to open what these backends have exported, by their names."""


def library(module: str) -> str:
    """Name a library with its version, as `Export.library` does."""
    return f"{module} {importlib.import_module(module).__version__}"
