"""CheXpert: `train.csv` and `valid.csv`."""

from pathlib import Path

import pandas as pd

from ...errors import TableError
from ...files import first_few
from ...labels import LabelState, vocabulary
from ..table_files import read_text
from ..validation import check_study_table
from .declaration import Declaration
from .image_files import Missing, keep_found
from .raw_values import SEXES, ages_in_years, declared, declared_columns, require_columns

DECLARATION = Declaration(
    source="chexpert",
    title="CheXpert, train.csv and valid.csv",
    words={
        column: vocabulary().find("chexpert14", column).id
        for column in (
            "No Finding", "Enlarged Cardiomediastinum", "Cardiomegaly", "Lung Opacity", "Lung Lesion", "Edema",
            "Consolidation", "Pneumonia", "Atelectasis", "Pneumothorax", "Pleural Effusion", "Pleural Other",
            "Fracture", "Support Devices",
        )
    },
    values={
        **dict.fromkeys(("1.0", "1"), LabelState.POSITIVE),
        **dict.fromkeys(("0.0", "0"), LabelState.NEGATIVE),
        **dict.fromkeys(("-1.0", "-1"), LabelState.UNCERTAIN),
    },
    silence=LabelState.UNMENTIONED,
    reason="labels are mined from reports; a blank is what the report does not mention",
    reference="Irvin et al., CheXpert, AAAI 2019",
)  # fmt: skip
# "Frontal/Lateral" and "AP/PA"; a lateral's side is not told, so it is neither DICOM's LL nor RL
_VIEWS = {"Frontal AP": "AP", "Frontal PA": "PA", "Frontal LL": "LL", "Frontal RL": "RL", "Lateral ": "LATERAL"}
_SPLITS = {"train": "train", "valid": "val", "test": "test"}
_PATH = r"^(?P<root>(?:[^/]+/)*?)(?P<part>train|valid|test)/(?P<patient>patient\d+)/(?P<study>study\d+)/[^/]+$"


def import_chexpert(
    *labels: str | Path, images: str | Path | None = None, missing_images: Missing = "error"
) -> pd.DataFrame:
    """Study table of CheXpert, frontal and lateral images.

    Args:
        labels: train.csv, valid.csv or both, also as .csv.gz and as relabelled by CheXbert in the same columns.
        images: the folder that the paths in the file start from, or the folder `CheXpert-v1.0[-small]` itself; image
            paths become relative to it. Without it they stay as in the file.
        missing_images: with `images`, whether a row without a file is an error or dropped.

    Returns:
        Study table with the 14 findings; source "chexpert"; split by folder (train: train, valid: val, test: test);
        lateral views are "LATERAL".

    Raises:
        TableError: wrong file, a path of another form, or absent images.
        LabelError: a value without declared meaning.

    References:
        J. Irvin et al. CheXpert: a large chest radiograph dataset with uncertainty labels. AAAI 2019.
    """
    if not labels:
        raise TableError("CheXpert: no label file given; name train.csv, valid.csv or both")
    name = ", ".join(map(str, labels))
    frame = pd.concat([_read(path) for path in labels], ignore_index=True)
    if images is not None:
        root = Path(images)
        tails = frame["image"].str.replace(_PATH, lambda path: path[0][len(path["root"]) :], regex=True)
        paths = frame["image"] if (root / frame["image"].iloc[0].split("/")[0]).is_dir() else tails
        found = pd.Series([path if (root / path).is_file() else "" for path in paths], dtype=object)
        frame = keep_found(frame, found, name, images, missing_images)
    check_study_table(frame, name)
    return frame


def _read(path: str | Path) -> pd.DataFrame:
    name = str(path)
    raw = read_text(path)
    columns = ("Path", "Sex", "Age", "Frontal/Lateral", "AP/PA", *DECLARATION.words)
    require_columns(raw, columns, name, "CheXpert label file")
    parts = raw["Path"].str.extract(_PATH)
    strange = raw["Path"][parts["patient"].isna()]
    if not strange.empty:
        rows = first_few([f"row {row + 1}" for row in strange.index])
        raise TableError(f"{name}: Path is {strange.iloc[0]!r} in {rows}; it holds .../train/patientN/studyN/view...")
    frame = pd.DataFrame(
        {
            "image": raw["Path"],
            "patient": parts["patient"],
            "study": parts["patient"] + "/" + parts["study"],
            "view": declared(raw["Frontal/Lateral"] + " " + raw["AP/PA"], _VIEWS, f"{name}: Frontal/Lateral AP/PA"),
            "age": ages_in_years(raw["Age"], f"{name}: Age"),
            "sex": declared(raw["Sex"], SEXES, f"{name}: Sex"),
            "source": DECLARATION.source,
            "split": parts["part"].map(_SPLITS),
        }
    )
    return frame.assign(**declared_columns(raw, DECLARATION, name))
