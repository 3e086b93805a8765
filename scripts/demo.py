"""The whole way on phantom radiographs: draw, train, evaluate, calibrate, decide, predict, report: `make demo`.

Every step is a command that you can type yourself; it is printed before it runs. Run again after an interruption, it
goes on where it was.
"""

import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUNDLE = "bundles/cxr_spml_classification"
OUT = "runs/demo"
CPU = Path("/proc/cpuinfo")  # bfloat16 pays on CPUs that compute in it
FAST = "bf16" in CPU.read_text() if CPU.exists() else False
STEPS = {
    "draw 1,000 phantom radiographs as DICOM, with the labels that reports would mention": (
        f"phantom {OUT}/data --images 1000 --size 256"
    ),
    "train a DenseNet121 on them; unmentioned labels are assumed negative": (
        f"run {BUNDLE} train --loss an --dataset_dir {OUT}/data --val_table {OUT}/data/truth.csv "
        f"--ckpt_dir {OUT}/model --max_epochs 11 --batch_size 16 --cpu_bfloat16 {FAST} --image_size 96"
    ),
    "evaluate on the test patients, against the complete truth": (
        f"run {BUNDLE} evaluate --dataset_dir {OUT}/data --test_table {OUT}/data/truth.csv "
        f"--ckpt_dir {OUT}/model --output_dir {OUT}/evaluation"
    ),
    "score the validation patients, on whom this site calibrates and chooses its thresholds": (
        f"run {BUNDLE} evaluate --split val --dataset_dir {OUT}/data --test_table {OUT}/data/truth.csv "
        f"--ckpt_dir {OUT}/model --output_dir {OUT}/validation"
    ),
    "calibrate; a finding with too few cases shares one temperature with the others": (
        f"calibrate {OUT}/validation/scores.csv --out {OUT}/site.yaml --figures {OUT}/calibration"
    ),
    "choose thresholds: as many alerts as find 80 % of the cases": (
        f"operating-points {OUT}/validation/scores.csv --site {OUT}/site.yaml --rule sensitivity=0.8 --minimum 10"
    ),
    "predict a folder of DICOM, one of them broken: table, DICOM SR, FHIR, heat maps": (
        f"predict {OUT}/incoming --bundle {BUNDLE} --weights {OUT}/model/model.pt --site {OUT}/site.yaml "
        f"--out {OUT}/predictions --sr --fhir --heatmaps"
    ),
    "write the report": (
        f"report {OUT}/evaluation --run {OUT}/model --site {OUT}/site.yaml --bundle {BUNDLE} "
        f"--weights {OUT}/model/model.pt --out {OUT}/report.html --title 'Lucency demo: phantom radiographs'"
    ),
}


def main() -> None:
    """Run every step and say where everything is."""
    started = time.monotonic()
    for number, (what, command) in enumerate(STEPS.items(), start=1):
        if command.startswith("predict"):
            collect_incoming()
        print(f"\n== demo {number}/{len(STEPS)}: {what}\n   $ lucency {command}", flush=True)
        subprocess.run([sys.executable, "-m", "lucency", *shlex.split(command)], cwd=ROOT, check=True)
    print(
        f"\n== demo: done in {(time.monotonic() - started) / 60:.1f} minutes; look at\n"
        f"   {OUT}/report.html                the figures, ROC curves and example images\n"
        f"   {OUT}/predictions/predictions.csv  one row a file, with status, probabilities and decisions\n"
        f"   {OUT}/predictions/sr, fhir, heatmaps  the same as DICOM SR and FHIR, and where the network looked\n"
        f"   {OUT}/site.yaml                  calibration and thresholds, tied to this model\n"
        f"   {OUT}/calibration/               reliability before and after\n"
        f"   {OUT}/evaluation/metrics.csv     AUROC and average precision with intervals\n"
        f"   {OUT}/model/                     best and last weights, history, resolved configuration, run record\n"
        f"   {OUT}/model/tensorboard          tensorboard --logdir {OUT}/model/tensorboard\n"
        f"   {OUT}/data/                      the phantom: images, table.csv, truth.csv"
    )


def collect_incoming() -> None:
    """Lay out what a modality might send: twenty radiographs, a truncated file and a note."""
    incoming = ROOT / OUT / "incoming"
    incoming.mkdir(parents=True, exist_ok=True)
    images = sorted((ROOT / OUT / "data" / "images").rglob("*.dcm"))[:20]
    for image in images:
        (incoming / image.name).write_bytes(image.read_bytes())
    (incoming / "truncated.dcm").write_bytes(images[0].read_bytes()[:20_000])
    (incoming / "note.txt").write_text("not an image\n")


if __name__ == "__main__":
    main()
