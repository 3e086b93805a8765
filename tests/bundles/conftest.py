"""Studies small enough to train on in seconds: squares instead of hearts, and phantoms of several sources."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from PIL import Image

from lucency.data.assembling import assemble, write_assembly
from lucency.data.importers import read_source
from lucency.data.phantom import write_phantom
from support import FINDINGS, TINY

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


SOURCES = {
    "first": {"importer": "table", "keep": ["cardiomegaly", "effusion", "pneumothorax"]},
    "second": {"importer": "table", "keep": ["cardiomegaly", "infiltration", "mass"]},
    "pool": {"importer": "images", "findings": ["mass"], "patient_from": r"PHANTOM-\d+-\d+"},
}


@pytest.fixture(scope="session")
def assembled(tmp_path_factory) -> dict[str, object]:
    """Settings of a tiny training on 60 phantoms: two sources label different findings, a third one none.

    The table has also `mass`, which is not among the settings' findings.
    """
    folder = tmp_path_factory.mktemp("assembled")
    for seed, (name, source) in enumerate(SOURCES.items()):
        write_phantom(folder / name, images=20, size=64, seed=seed, format="png", workers=1, progress=False)
        files = {"labels": f"{name}/truth.csv"} if "keep" in source else {}
        (folder / f"{name}.yaml").write_text(yaml.safe_dump({**source, **files, "images": name, "source": name}))
    shares = {"train": 0.6, "val": 0.2, "test": 0.2}
    assembly = assemble([read_source(folder / f"{name}.yaml") for name in SOURCES], folder=folder, split=shares)
    write_assembly(assembly, folder / "table.csv", split=shares, seed=0, command="", inputs=[])
    findings = ["cardiomegaly", "effusion", "infiltration", "pneumothorax"]
    return {**TINY, "findings": findings, "dataset_dir": str(folder)}
