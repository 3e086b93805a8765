"""The commands of docs/how-to that no other test executes, on what their pages take as given, made smaller."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from pages import ROOT, blocks, commands, smaller, type_in
from results.model_card.conftest import STATEMENTS

HOW_TOS = ROOT / "docs" / "how-to"
PROCESSES = (
    "torchrun --standalone --nproc_per_node 4 -m lucency run bundles/cxr_spml_classification multi_gpu_train --loss "
)
PACKAGE = "lucency bundle package bundles/cxr_spml_classification --weights "

# What those commands of a page begin with that are typed here, in order; test_how_to_commands.py has the others.
HERE = {
    "assemble-archives.md": ("python ",),
    "calibrate.md": ("lucency run ",),
    "choose-a-loss.md": ("lucency run ",),
    "export.md": ("lucency ",),
    "extend.md": ("lucency ", "python "),
    "multi-gpu.md": ("lucency ", PROCESSES),
    "publish-a-bundle.md": (f"{PACKAGE}RUN/model.pt --out published", "lucency bundle check ", "lucency bundle push "),
    "report.md": ("lucency ",),
    "set-operating-points.md": ("lucency run ",),
    "simulate-labels.md": ("lucency phantom ", "lucency run ", "lucency simulate DATA/truth.csv --out SPML "),
}

TINY = (
    "--findings ['edema','effusion','mass'] --val_unmentioned negative --image_size 32 --batch_size 8 --max_epochs 1 "
    "--progress_bar False --network_def::init_features 8 --network_def::growth_rate 4 "
    "--network_def::block_config [1,1,1,1] "
)
SMALLER = {
    "--images 1000 --size 256": "--images 240 --size 40 --workers 1",
    "--batch_size 8 --accumulate 4": "--accumulate 2",
    "--rows 1000000": "--rows 2000",
    "/shared/data": "DATA",
    "RUN/model.pt": "MODEL/model.pt",
    " train ": f" train {TINY}",
    " multi_gpu_train ": f" multi_gpu_train {TINY}",
    " evaluate ": " evaluate --replicates 20 ",
    "--nproc_per_node 4": "--nproc_per_node 2",
    "python scripts": f"python {ROOT}/scripts",
    "lucency report ": "lucency report --replicates 20 --failures 1 ",
    "lucency bundle check ": "lucency bundle check --backend torch ",
}
BUNDLE = "bundles/cxr_spml_classification"


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    """A folder with all that the pages take as given."""
    folder = tmp_path_factory.mktemp("hospital")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for line in (
            "lucency bundle copy",
            "lucency phantom DATA --images 1000 --size 256",
            f"lucency run {BUNDLE} train --dataset_dir DATA --ckpt_dir MODEL",
            f"lucency run {BUNDLE} evaluate --dataset_dir DATA --ckpt_dir MODEL --output_dir EVALUATION",
        ):
            type_in(smaller(line, SMALLER))
        shutil.copytree("EVALUATION", "OTHER_EVALUATION")
        shutil.copytree("DATA/images", "LOCAL/images")
        shutil.copy("DATA/truth.csv", "LOCAL/table.csv")
        shutil.copytree(BUNDLE, "bundles/cxr_yours_classification")
        Path("docs/reference").mkdir(parents=True)
        shutil.copy(ROOT / "docs" / "reference" / "label-sources.md", "docs/reference")
        type_in("lucency calibrate EVALUATION/scores.csv --minimum 5 --replicates 20 --out site.yaml")
        (fields,) = [text for _, language, text in blocks(HOW_TOS / "publish-a-bundle.md") if language == "yaml"]
        Path("fields.yaml").write_text(fields)
        Path("licence.txt").write_text("Ours.\n")
        Path("FOLDER").mkdir()
        for image in sorted(Path("DATA/images").rglob("*.dcm"))[:4]:
            shutil.copy(image, "FOLDER")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", HERE)
def test_commands(page, hospital, tmp_path, monkeypatch):
    shutil.copytree(hospital, tmp_path / "here")
    monkeypatch.chdir(tmp_path / "here")
    if page == "simulate-labels.md":
        shutil.rmtree("MODEL")  # it trains another one
    for number, line in enumerate(commands(HOW_TOS / page)):
        if line.startswith(HERE[page]):
            # each training in a folder of its own: in the same one the second would go on with the first
            place = f" --ckpt_dir RUN{number}" if "train " in line and "--ckpt_dir" not in line else ""
            type_in(smaller(line, SMALLER) + place)
            if "--start" in line:
                _fill_in(Path("model_card.yaml"))
    made = {
        "report.md": ["report.html", "CARD/MODEL_CARD.md"],
        "export.md": ["MODEL/exports/exports.json", "BF16/predictions.csv", "MODEL/golden.json"],
        "choose-a-loss.md": ["RUNS/an/model.pt", "RUNS/wan/model.pt"],
        "simulate-labels.md": ["SPML/simulation.json", "EVALUATION/metrics.csv"],
        "publish-a-bundle.md": ["hub/README.md", "ngc/cxr_spml_classification_v1.0.0.zip"],
        "extend.md": ["docs/reference/label-sources.md", "bundles/cxr_yours_classification/golden/golden.json"],
    }
    for file in made.get(page, []):
        assert Path(file).is_file(), file


def _fill_in(file):
    wanted = re.findall(r"^(\w+):", file.read_text(), flags=re.MULTILINE)
    file.write_text(yaml.safe_dump({key: STATEMENTS[key] for key in wanted}))


def test_the_snippet_on_labels_counts_them(hospital, monkeypatch, capsys):
    monkeypatch.chdir(hospital)
    (snippet,) = [text for _, language, text in blocks(HOW_TOS / "choose-a-loss.md") if language == "python"]
    exec(compile(snippet, "choose-a-loss.md", "exec"), {})
    assert "effusion" in capsys.readouterr().out
    assert "effusion" in pd.read_csv("DATA/table.csv").columns
