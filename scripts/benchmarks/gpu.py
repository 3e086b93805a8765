"""What one GPU computes: inference, training, training that is fed from the pixel cache, and preprocessing.

python scripts/benchmarks/gpu.py --json gpu.json
python scripts/benchmarks/gpu.py --device cpu --quick

The network is DenseNet121 with 14 outputs and random weights, in bfloat16. Shares are of what the memory bandwidth,
which is measured first, would allow if nothing but convolutions and pooling touched the memory. A figure is the best of
`--rounds`, the ways in turn. `--quick` runs all of it tiny, to see that it runs. Most of the time goes to compilers;
`--only`, `--sizes` and `--batches` choose. TensorRT takes part where it is installed.
"""

from collections.abc import Iterator
from functools import partial

import torch
from bench_parts.options import parser
from bench_parts.rows import write
from gpu_parts.device import Device, open_device
from gpu_parts.figures import Figure, show

from lucency.terminal import run_script

PARTS = ("inference", "training", "feed", "preprocessing")
RADIOGRAPH = (3056, 2544)


def figures(device: Device, part: str, sizes: list[int], batches: list[int], bandwidth: float) -> Iterator[Figure]:
    """Measure one of the parts."""
    from gpu_parts.feed import feed
    from gpu_parts.inference import inference
    from gpu_parts.network import densenet121
    from gpu_parts.preprocessing import preprocessing
    from gpu_parts.training import training

    network = partial(densenet121, tiny=device.quick)
    large = batches if device.quick else [batch for batch in batches if batch >= 32] or batches
    if part == "inference":
        yield from inference(device, network, sizes, batches, bandwidth)
    elif part == "training":
        yield from training(device, network, sizes[:1], large, bandwidth)
    elif part == "feed":
        yield from feed(device, network, sizes[0], max(batches), files=2 if device.quick else 4096)
    else:
        shape = (75, 61) if device.quick else RADIOGRAPH
        small = sorted({min(batch, 32) for batch in batches})
        yield from preprocessing(device, shape, sizes[0], small, bandwidth)


def main() -> None:
    """Measure the parts one after another; the file is written anew after each."""
    options = parser(__doc__, rounds=5)
    options.add_argument("--device", default="cuda", help="as PyTorch calls it; default: %(default)s")
    options.add_argument("--quick", action="store_true", help="once and tiny: the figures mean nothing")
    options.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts to measure; default: all")
    options.add_argument("--sizes", nargs="+", type=int, help="of images; training takes the first; 224 320 512")
    options.add_argument("--batches", nargs="+", type=int, help="images at a time; 1 8 32 128 256")
    chosen = options.parse_args()
    sizes = chosen.sizes or ([32] if chosen.quick else [224, 320, 512])
    batches = chosen.batches or ([2] if chosen.quick else [1, 8, 32, 128, 256])
    device = open_device(chosen.device, quick=chosen.quick, rounds=chosen.rounds)
    torch.manual_seed(0)
    bandwidth = device.bandwidth()
    title = f"{device.name}: {bandwidth / 1e9:,.0f} GB/s within the memory, PyTorch {torch.__version__}"
    print(title + (", tiny: the figures mean nothing" if device.quick else ""), flush=True)
    measured: list[Figure] = []
    for part in chosen.only:
        for figure in figures(device, part, sizes, batches, bandwidth):
            measured.append(figure)
            print(" | ".join(filter(None, figure.cells())), flush=True)
        if chosen.json:
            rows = [figure.row() for figure in measured]
            write(chosen.json, rows, device=device.name, bandwidth_gb_s=bandwidth / 1e9, quick=device.quick)
    show(measured, title)


if __name__ == "__main__":
    run_script(main, resumes=False)
