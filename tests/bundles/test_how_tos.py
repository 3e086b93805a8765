"""Every command of docs/how-to is executed by a test: the one below or one that is named; or by none, for a reason."""

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml

from pages import ROOT, blocks, commands, smaller, type_in
from results.model_card.conftest import STATEMENTS

HOW_TOS = ROOT / "docs" / "how-to"
PAGES = sorted(path.name for path in HOW_TOS.glob("*.md"))

HERE = {
    "calibrate.md": ("lucency run ",),
    "choose-a-loss.md": ("lucency run ",),
    "export.md": ("lucency ",),
    "extend.md": ("lucency ", "python "),
    "multi-gpu.md": ("lucency ", "torchrun --standalone "),
    "report.md": ("lucency ",),
    "set-operating-points.md": ("lucency run ",),
    "simulate-labels.md": ("lucency phantom ", "lucency run ", "lucency simulate DATA/truth.csv --out SPML "),
}
"""Pages, and what those of their commands begin with that `test_commands` runs, in order."""

_CONVERT = "tests/release/convert/test_command.py::"
_ASSEMBLE = "tests/data/assembling/"
_PUBLISH = "tests/release/package/test_publish_page.py::"
ELSEWHERE = {
    "assemble-archives.md": {
        "lucency assemble nih.yaml google.yaml hospital": _ASSEMBLE + "test_assemble_page.py::test_the_page_runs",
        "lucency assemble nih.yaml google.yaml rsna": _ASSEMBLE + "test_real_archives.py::test_nih_and_google_meet",
    },
    "bring-your-weights.md": {
        "lucency convert all.pt ": _CONVERT + "test_a_conversion_says_what_it_did",
        "lucency convert ": _CONVERT + "test_labels_come_from_the_command_line_or_a_file",
        "lucency predict ": _CONVERT + "test_the_bundle_runs_with_decisions_of_the_published_thresholds",
    },
    "calibrate.md": {
        "lucency calibrate ": "tests/inference/calibration/test_calibrate_page.py::test_every_command_calibrates"
    },
    "deploy.md": {
        "lucency node serve --bundle BUNDLE --aet CXRAI --listen": "tests/node/promises/test_acknowledgement.py::",
        "lucency node serve --bundle BUNDLE --aet CXRAI --pull": "tests/node/promises/test_dicomweb.py::",
        "/usr/bin/storescu ": "tests/node/promises/test_acknowledgement.py::",
        "openssl ": "tests/commands/test_node_page.py::test_the_certificates_work",
        "lucency node jobs ": "tests/commands/test_node_jobs.py::",
        "lucency node status ": "tests/commands/test_node_status.py::",
        "lucency refine import ": "tests/commands/test_refine_node.py::",
    },
    "import-your-labels.md": {"lucency import ": "tests/data/test_docs.py::test_the_commands_of_the_import_page"},
    "publish-a-bundle.md": {"lucency bundle ": _PUBLISH + "test_packages"},
    "refine-labels.md": {
        "lucency refine ": "tests/refine/worklists/test_refine_page.py::test_the_commands_make_a_round"
    },
    "set-operating-points.md": {
        "lucency operating-points ": "tests/inference/test_operating_points_page.py::test_every_command_sets_points"
    },
    "simulate-labels.md": {"lucency simulate ": "tests/data/test_simulate_page.py::test_every_command_simulates"},
}
"""Tests that run a page's commands, or the same with other files."""

NOWHERE = {
    "python scripts/benchmarks/": "measures for minutes; tests/scripts has its parts",
    "pytest ": "is a test",
    "pip install ": "changes the machine",
}
"""Commands that no test executes, and why."""

EXECUTED_BY_NONE = {
    "deploy.md": "changes the machine, its services or its network",
    "multi-gpu.md": "needs two machines; tests/bundles/test_two_nodes.py makes two of one",
    "scale-out.md": "needs Ray on other machines, Slurm or Kubernetes; tests/scale runs a cluster on this one",
}
"""Pages with further commands that no test executes, and why."""


@pytest.mark.parametrize("page", PAGES)
def test_every_command_has_its_test(page):
    for line in commands(HOW_TOS / page):
        if line.startswith(HERE.get(page, ())):
            continue
        (*tests,) = [test for start, test in ELSEWHERE.get(page, {}).items() if line.startswith(start)]
        if tests:
            file, _, name = tests[0].partition("::")
            assert (ROOT / file).is_file(), file
            assert f"def {name}(" in (ROOT / file).read_text() or not name, tests[0]
        else:
            assert line.startswith(tuple(NOWHERE)) or page in EXECUTED_BY_NONE, line


def test_no_excuse_outlives_its_command():
    lines = {page: list(commands(HOW_TOS / page)) for page in PAGES}
    for page, starts in [*HERE.items(), *ELSEWHERE.items()]:
        for start in starts:
            assert any(line.startswith(start) for line in lines[page]), (page, start)
    for start in NOWHERE:
        assert any(line.startswith(start) for page in lines.values() for line in page), start


TINY = (
    "--findings ['edema','effusion','mass'] --val_unmentioned negative --image_size 32 --batch_size 8 --max_epochs 1 "
    "--progress_bar False --network_def::init_features 8 --network_def::growth_rate 4 "
    "--network_def::block_config [1,1,1,1] "
)
CHECK = "lucency bundle check bundles/"
SMALLER = {
    "--images 1000 --size 256": "--images 240 --size 40 --workers 1",
    "--batch_size 8 --accumulate 4": "--accumulate 2",
    "/shared/data": "DATA",
    " train ": f" train {TINY}",
    " multi_gpu_train ": f" multi_gpu_train {TINY}",
    " evaluate ": " evaluate --replicates 20 ",
    "--nproc_per_node 4": "--nproc_per_node 2",
    "python scripts": f"python {ROOT}/scripts",
    "lucency report ": "lucency report --replicates 20 --failures 1 ",
    f"{CHECK}cxr_yours_classification": f"{CHECK}cxr_yours_classification --backend torch",
    f"{CHECK}cxr_spml_classification": f"{CHECK}cxr_spml_classification --backend torch",
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
            place = f" --ckpt_dir RUN{number}" if "train " in line and "--ckpt_dir" not in line else ""
            type_in(smaller(line, SMALLER) + place)
            if "--start" in line:
                _fill_in(Path("model_card.yaml"))
    made = {
        "report.md": ["report.html", "CARD/MODEL_CARD.md"],
        "export.md": ["MODEL/exports/exports.json", "BF16/predictions.csv", "MODEL/golden.json"],
        "choose-a-loss.md": ["RUNS/an/model.pt", "RUNS/wan/model.pt"],
        "simulate-labels.md": ["SPML/simulation.json", "EVALUATION/metrics.csv"],
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
