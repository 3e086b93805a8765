"""`lucency import ...`: an archive's own label file becomes a study table."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(help="Turn an archive's own label file into a study table.", no_args_is_help=True)

OUT = Annotated[Path, typer.Option(help="Study table to write: .csv, .parquet or .json.")]
IMAGES = Annotated[Path | None, typer.Option(help="Folder of the images; image paths are looked up below it.")]
DROP = Annotated[bool, typer.Option(help="Leave out rows whose image is absent, instead of ending with an error.")]
SOURCE = Annotated[Path, typer.Argument(help="YAML file: an importer and its arguments, one a line.")]


@app.command()
def nih(
    labels: Annotated[Path, typer.Argument(help="Data_Entry_2017.csv or Data_Entry_2017_v2020.csv.")],
    out: OUT,
    images: IMAGES = None,
    drop_missing: DROP = False,
    train_list: Annotated[Path | None, typer.Option(help="train_val_list.txt.")] = None,
    test_list: Annotated[Path | None, typer.Option(help="test_list.txt.")] = None,
    boxes: Annotated[Path | None, typer.Option(help="BBox_List_2017.csv; what is boxed is positive.")] = None,
) -> None:
    """Import NIH ChestX-ray14: named findings are positive, all others unmentioned; nothing is negative."""
    further = {"train_list": train_list, "test_list": test_list, "boxes": boxes}
    _import("nih", [labels], out, images, drop_missing, **further)


@app.command()
def google_nih(
    labels: Annotated[list[Path], typer.Argument(help="validation_labels.csv, test_labels.csv or both.")],
    out: OUT,
    images: IMAGES = None,
    drop_missing: DROP = False,
) -> None:
    """Import Google's expert labels of NIH images: YES is positive, NO negative, blank unmentioned."""
    _import("google_nih", labels, out, images, drop_missing)


@app.command()
def chexpert(
    labels: Annotated[list[Path], typer.Argument(help="train.csv, valid.csv or both.")],
    out: OUT,
    images: IMAGES = None,
    drop_missing: DROP = False,
) -> None:
    """Import CheXpert: 1 is positive, 0 negative, -1 uncertain, blank unmentioned."""
    _import("chexpert", labels, out, images, drop_missing)


@app.command()
def mimic(
    labels: Annotated[Path, typer.Argument(help="mimic-cxr-2.0.0-chexpert.csv, -negbio.csv or the test set's labels.")],
    out: OUT,
    images: IMAGES = None,
    drop_missing: DROP = False,
    metadata: Annotated[Path | None, typer.Option(help="mimic-cxr-2.0.0-metadata.csv, if not beside it.")] = None,
    split: Annotated[Path | None, typer.Option(help="mimic-cxr-2.0.0-split.csv.")] = None,
) -> None:
    """Import MIMIC-CXR-JPG: 1 is positive, 0 negative, -1 uncertain, blank unmentioned; an image a row."""
    _import("mimic", [labels], out, images, drop_missing, metadata=metadata, split=split)


@app.command()
def padchest(
    labels: Annotated[Path, typer.Argument(help="PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv.")],
    out: OUT,
    images: IMAGES = None,
    drop_missing: DROP = False,
    method: Annotated[Literal["all", "physician"], typer.Option(help="Rows labelled by whom.")] = "all",
    excluded: Annotated[Literal["drop", "keep"], typer.Option(help="Rows that PadChest excludes.")] = "drop",
) -> None:
    """Import PadChest: named findings are positive, all others unmentioned; nothing is negative."""
    _import("padchest", [labels], out, images, drop_missing, method=method, excluded=excluded)


@app.command()
def openi(
    labels: Annotated[Path, typer.Argument(help="NLMCXR_reports.tgz, or the folder of its XML files.")],
    out: OUT,
    images: IMAGES = None,
    drop_missing: DROP = False,
    metadata: Annotated[Path | None, typer.Option(help="nlmcxr_dicom_metadata.csv, for view and age.")] = None,
) -> None:
    """Import Open-I: coded findings are positive, borderline ones uncertain, all others unmentioned."""
    _import("openi", [labels], out, images, drop_missing, metadata=metadata)


@app.command()
def vindr(
    labels: Annotated[
        list[Path], typer.Argument(help="image_labels_train.csv, image_labels_test.csv or both; or Kaggle's train.csv.")
    ],
    out: OUT,
    images: IMAGES = None,
    drop_missing: DROP = False,
    readers: Annotated[
        Literal["majority", "any", "all", "soft"],
        typer.Option(help="Whose yes it takes; soft: uncertain where readers differ, with the share who say yes."),
    ] = "majority",
) -> None:
    """Import VinDr-CXR: 1 or a box is a reader's yes, 0 or no box a no; what no reader names is negative."""
    _import("vindr", labels, out, images, drop_missing, readers=readers)


@app.command()
def rsna(
    labels: Annotated[Path, typer.Argument(help="stage_2_train_labels.csv, also zipped.")],
    out: OUT,
    images: IMAGES = None,
    drop_missing: DROP = False,
    classes: Annotated[Path | None, typer.Option(help="stage_2_detailed_class_info.csv, for no_finding.")] = None,
    headers: Annotated[Path | None, typer.Option(help="Table of DICOM headers, for view, age and sex.")] = None,
) -> None:
    """Import RSNA Pneumonia Detection: Target 1 is a positive pneumonia_opacity, 0 a negative one."""
    _import("rsna", [labels], out, images, drop_missing, classes=classes, headers=headers)


@app.command()
def siim(
    labels: Annotated[Path, typer.Argument(help="train-rle.csv, also zipped.")],
    out: OUT,
    images: IMAGES = None,
    drop_missing: DROP = False,
) -> None:
    """Import SIIM-ACR Pneumothorax: an outline is a positive pneumothorax, -1 a negative one."""
    _import("siim", [labels], out, images, drop_missing)


@app.command()
def images(
    folder: Annotated[Path, typer.Argument(help="Folder of images that nobody labelled.")],
    out: OUT,
    finding: Annotated[list[str], typer.Option(help="Id of a finding column; may be repeated.")],
    patient_from: Annotated[
        str, typer.Option(help="What tells the patient: header, file, or a regular expression for the path.")
    ] = "header",
    source: Annotated[str | None, typer.Option(help="Name of the data set; by default the folder's.")] = None,
) -> None:
    """Import images that nobody labelled, for pseudo labels and consistency: nothing is positive or negative."""
    from ..data.importers import import_images

    _write_table(import_images(folder, findings=finding, source=source, patient_from=patient_from), folder, out)


@app.command()
def folder(mapping: SOURCE, out: OUT) -> None:
    """Import your own images and labels: a small YAML file says which value is positive, negative, uncertain, silent.

    Its lines are the arguments of lucency.data.importers.import_folder; docs/how-to/import-your-labels.md has one.
    """
    yaml(mapping, out)


@app.command()
def yaml(mapping: SOURCE, out: OUT) -> None:
    """Import any source that a YAML file declares, as lucency assemble takes it; its silence and keep play no part."""
    from ..data.importers import read_source

    source = read_source(mapping)
    _write_table(source.frame, source.images, out)
    settings = {name: getattr(source.settings, name) for name in ("silence", "keep", "patients")}
    idle = [name for name, value in settings.items() if value is not None]
    if idle:
        print(f"{mapping}: {', '.join(idle)}: not applied here, only by lucency assemble")


def _import(
    name: str, labels: Sequence[Path], out: Path, images: Path | None, drop_missing: bool, **further: Any
) -> None:
    from ..data.importers import IMPORTERS

    missing = "drop" if drop_missing else "error"
    _write_table(IMPORTERS[name].read(*labels, images=images, missing_images=missing, **further), images, out)


def _write_table(frame: "pd.DataFrame", images: Path | None, out: Path) -> None:
    from ..data import finding_columns, write_study_table
    from ..data.importers import relative_to_table
    from .import_summary import show_states

    write_study_table(relative_to_table(frame, images, out), out)
    show_states(frame)
    patients, findings = frame["patient"].nunique(), len(finding_columns(frame))
    print(f"{out}: {len(frame):,} images of {patients:,} patients, {findings} finding{'s' * (findings != 1)}")
