"""The name of what computes, so that times taken elsewhere are not taken for this machine's."""

import platform
from pathlib import Path

import torch


def device_name(device: torch.device) -> str:
    """Name the processor or the GPU.

    Example:
        >>> device_name(torch.device("cpu")).startswith("cpu: ")
        True
    """
    if device.type == "cuda":
        return f"cuda: {torch.cuda.get_device_name(device)}"
    if device.type == "cpu":
        return f"cpu: {_processor()}"
    return device.type


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
