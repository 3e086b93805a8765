"""An ONNX network in 8-bit integers."""

import logging
from pathlib import Path

from torch import Tensor

from ...errors import ConfigError

OPERATORS = ["Conv", "Gemm", "MatMul", "Relu", "Concat", "MaxPool", "AveragePool"]
"""What is quantized. Batch normalisation that no convolution takes up, as in DenseNet, stays in float32."""


def quantize(source: Path, target: Path, input_name: str, images: Tensor) -> Path:
    """Quantize weights and activations after training (static, symmetric weights, one scale a channel).

    Activations are scaled from the least to the largest value that they take on `images`; so give images like those
    to come.

    Jacob et al.: Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference, CVPR
    2018 (arXiv:1712.05877).

    Args:
        source: ONNX file in float32.
        target: file to write.
        input_name: of the graph.
        images: (N, 1, S, S) float32.

    Raises:
        ConfigError: ONNX Runtime, which does it, is not installed.
    """
    try:
        from onnxruntime import quantization
        from onnxruntime.quantization.shape_inference import quant_pre_process
    except ImportError as error:
        raise ConfigError("int8 needs ONNX Runtime to quantize; pip install 'lucency[export]'") from error
    batches = iter([{input_name: image[None].numpy()} for image in images])

    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
        def get_next(self) -> object:
            return next(batches, None)

    folded = target.with_suffix(".folded.onnx")
    quant_pre_process(source, folded, skip_symbolic_shape=True)  # batch normalisation goes into convolutions
    root, level = logging.getLogger(), logging.getLogger().level
    root.setLevel(logging.ERROR)  # it repeats the advice to do what was just done
    try:
        quantization.quantize_static(
            folded,
            target,
            Reader(),
            quant_format=quantization.QuantFormat.QDQ,
            op_types_to_quantize=OPERATORS,
            per_channel=True,
            activation_type=quantization.QuantType.QInt8,
            weight_type=quantization.QuantType.QInt8,
        )
    finally:
        root.setLevel(level)
    return target
