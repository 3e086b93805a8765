"""A TensorRT engine for one shape, in the precision of the network itself."""

import copy
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from lucency.errors import ConfigError

INPUT, OUTPUT = "image", "logits"


def onnx_of(network: nn.Module, images: Tensor) -> bytes:
    """The network in float16 as ONNX, for the shape of the images."""
    half, names = copy.deepcopy(network).half(), {"input_names": [INPUT], "output_names": [OUTPUT]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        torch.onnx.export(half, (images.half(),), path, **names, dynamo=True, external_data=False, verbose=False)
        return path.read_bytes()


def tensorrt_engine(network: nn.Module, images: Tensor) -> Callable[[Tensor], Tensor]:
    """Build the engine on the GPU of the images, which takes minutes, and make it answer."""
    import tensorrt

    logger = tensorrt.Logger(tensorrt.Logger.ERROR)
    builder = tensorrt.Builder(logger)
    definition = builder.create_network(1 << int(tensorrt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = tensorrt.OnnxParser(definition, logger)
    if not parser.parse(onnx_of(network, images)):
        raise ConfigError(f"TensorRT cannot read the network: {parser.get_error(0).desc()}")
    plan = builder.build_serialized_network(definition, builder.create_builder_config())
    engine = tensorrt.Runtime(logger).deserialize_cuda_engine(plan)
    context = engine.create_execution_context()
    still = images.half().contiguous()
    logits = torch.empty(tuple(engine.get_tensor_shape(OUTPUT)), dtype=torch.float16, device=images.device)
    context.set_tensor_address(INPUT, still.data_ptr())
    context.set_tensor_address(OUTPUT, logits.data_ptr())

    def answer(batch: Tensor) -> Tensor:
        still.copy_(batch)
        context.execute_async_v3(torch.cuda.current_stream().cuda_stream)
        return logits

    return answer
