"""The name of what computes, so that times taken elsewhere are not taken for this machine's."""

import platform
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def device_name(device: "torch.device") -> str:
    """Name the processor or the GPU.

    Example:
        >>> import torch
        >>> device_name(torch.device("cpu")).startswith("cpu: ")
        True
    """
    if device.type == "cuda":
        import torch

        return f"cuda: {torch.cuda.get_device_name(device)}"
    if device.type == "cpu":
        return cpu_name()
    return device.type


def cpu_name() -> str:
    """Name the processor, as `device_name` does.

    Example:
        >>> cpu_name().startswith("cpu: ")
        True
    """
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"cpu: {names[0] if names else platform.processor() or platform.machine()}"
