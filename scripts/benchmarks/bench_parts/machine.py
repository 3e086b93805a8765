"""What a figure was measured on: the processor, its memory, the packages and the state of the source."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# What decides about speed: AVX-512 for fp32, the two bf16 units, the tiles of AMX.
FLAGS = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "amx_int8")
PACKAGES = (
    *("lucency", "torch", "monai", "pytorch-ignite", "numpy", "pydicom", "imagecodecs", "numba", "pillow"),
    *("scikit-learn", "onnxruntime", "openvino", "ray", "torchxrayvision", "torchvision", "scikit-image"),
    *("opencv-python-headless", "torchmetrics"),
)


def machine() -> dict[str, object]:
    """Processor, cores that this process may use, flags, memory in GiB and system."""
    table = Path("/proc/cpuinfo")
    lines = table.read_text().splitlines() if table.exists() else []
    about = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "cpu": about.get("model name", platform.processor() or platform.machine()),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "flags": [flag for flag in FLAGS if flag in about.get("flags", "").split()],
        "memory_gib": round(memory, 1),
        "system": platform.platform(),
    }


def installed(package: str) -> str | None:
    """The version of an installed package, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def versions() -> dict[str, str]:
    """Python and those of `PACKAGES` that are installed."""
    found = {package: installed(package) for package in PACKAGES}
    return {"python": platform.python_version(), **{name: number for name, number in found.items() if number}}


def revision() -> str:
    """The commit of the source, with `+` where it was changed since; empty where there is no repository."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--exclude", "*", "--dirty=+"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip()


def circumstances() -> dict[str, object]:
    """Machine, versions, revision and date, as they stand in every file of figures."""
    now = datetime.now(UTC).isoformat(timespec="minutes")
    return {"machine": machine(), "versions": versions(), "revision": revision(), "date": now}
