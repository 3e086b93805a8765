"""TensorRT on NVIDIA GPUs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ...errors import ConfigError
from .export_source import ExportSource
from .precision import Precision
from .runtime import Answer, Runtime
from .sessions import INPUT, OUTPUT

USUAL_BATCH, LARGEST_BATCH = 16, 64
"""Kernels are chosen for the first; larger batches than the second are divided."""


class TensorRT(Runtime):
    """An engine built for one GPU model and one TensorRT version; float32 without TensorFloat-32."""

    name: ClassVar[str] = "tensorrt"
    module: ClassVar[str] = "tensorrt"
    install: ClassVar[str] = "pip install tensorrt"

    def obstacle(self) -> str | None:
        """See `Runtime.obstacle`; a GPU is needed too."""
        return super().obstacle() or (None if torch.cuda.is_available() else "it needs an NVIDIA GPU")

    def export(self, source: ExportSource, stem: Path, precision: Precision) -> list[Path]:
        """Build an engine from the ONNX file and write it as `.plan`."""
        import tensorrt

        logger = tensorrt.Logger(tensorrt.Logger.ERROR)
        builder = tensorrt.Builder(logger)
        definition = builder.create_network(0)
        parser = tensorrt.OnnxParser(definition, logger)
        if not parser.parse_from_file(str(source.onnx)):
            raise ConfigError(f"TensorRT cannot read the network: {parser.get_error(0).desc()}; use another backend")
        config = builder.create_builder_config()
        config.clear_flag(tensorrt.BuilderFlag.TF32)  # 10 bits of mantissa would miss the bound
        profile = builder.create_optimization_profile()
        shape = tuple(source.images.shape[1:])
        profile.set_shape(INPUT, (1, *shape), (USUAL_BATCH, *shape), (LARGEST_BATCH, *shape))
        config.add_optimization_profile(profile)
        engine = builder.build_serialized_network(definition, config)
        if engine is None:
            raise ConfigError("TensorRT cannot build an engine of this network; use another backend")
        path = stem.with_suffix(".plan")
        path.write_bytes(bytes(engine))
        return [path]

    def open(self, files: Sequence[Path], network: nn.Module, precision: Precision, threads: int) -> Answer:
        """Load the engine onto the current GPU."""
        import tensorrt

        runtime = tensorrt.Runtime(tensorrt.Logger(tensorrt.Logger.ERROR))
        engine = runtime.deserialize_cuda_engine(files[0].read_bytes())
        if engine is None:
            raise ConfigError(f"{files[0]}: built for another GPU or TensorRT; export again on this machine")
        context = engine.create_execution_context()

        def answer(image: Tensor) -> Tensor:
            parts = torch.split(image.detach().cuda().float().contiguous(), LARGEST_BATCH)
            return torch.cat([_run(context, part) for part in parts]).to(image.device)

        return answer


def _run(context: Any, image: Tensor) -> Tensor:
    context.set_input_shape(INPUT, tuple(image.shape))
    logits = torch.empty(tuple(context.get_tensor_shape(OUTPUT)), device=image.device)
    context.set_tensor_address(INPUT, image.data_ptr())
    context.set_tensor_address(OUTPUT, logits.data_ptr())
    stream = torch.cuda.current_stream()
    context.execute_async_v3(stream.cuda_stream)
    stream.synchronize()  # the image may be freed now
    return logits
