"""A study small enough to train on in seconds: squares instead of hearts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from support import FINDINGS

STATES = np.array(["positive", "negative", "unmentioned"])


@pytest.fixture(scope="session")
def study(tmp_path_factory) -> Path:
    """Folder with `table.csv` and 40 PNG files of 20 patients; some labels are unmentioned."""
    folder = tmp_path_factory.mktemp("study")
    (folder / "images").mkdir()
    rng = np.random.default_rng(0)
    rows = []
    for index in range(40):
        states = STATES[rng.choice(3, size=3, p=[0.4, 0.4, 0.2])]
        image = rng.integers(0, 60, (36, 30)).astype(np.uint8)
        for place, state in enumerate(states):
            image[4 + 10 * place : 12 + 10 * place, 8:22] += np.uint8(150 * (state == "positive"))
        Image.fromarray(image).save(folder / "images" / f"{index:02d}.png")
        rows.append(
            {
                "image": f"images/{index:02d}.png",
                "patient": f"p{index // 2:02d}",
                "study": f"s{index:02d}",
                "view": "PA",
                "age": 40 + index,
                "sex": "F" if index % 3 else "M",
                "source": "squares",
                "split": "train" if index < 24 else "val" if index < 32 else "test",
                **dict(zip(FINDINGS, states, strict=True)),
            }
        )
    pd.DataFrame(rows).to_csv(folder / "table.csv", index=False)
    return folder
