"""Every importer by the name that users choose it with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from . import chexpert, google_nih, mimic, nih, openi, padchest, rsna, siim, vindr
from .declaration import Declaration
from .folder import import_folder
from .images import import_images
from .table import import_table


@dataclass(frozen=True, kw_only=True)
class Importer:
    """A function that makes a study table of a label file, and what it says that the file's values mean.

    Attributes:
        declaration: None where the user declares the meaning, or the file already holds states.
        read: returns a study table; its parameters are those of a source file (see `read_source`).
        images_beside_labels: whether image paths start from the label file's folder where no other is named, as those
            of a study table do; those of an archive start from a folder that only the user knows.
    """

    declaration: Declaration | None
    read: Callable[..., pd.DataFrame]
    images_beside_labels: bool = False


IMPORTERS: Mapping[str, Importer] = MappingProxyType(
    {
        "nih": Importer(declaration=nih.DECLARATION, read=nih.import_nih),
        "google_nih": Importer(declaration=google_nih.DECLARATION, read=google_nih.import_google_nih),
        "chexpert": Importer(declaration=chexpert.DECLARATION, read=chexpert.import_chexpert),
        "mimic": Importer(declaration=mimic.DECLARATION, read=mimic.import_mimic),
        "padchest": Importer(declaration=padchest.DECLARATION, read=padchest.import_padchest),
        "openi": Importer(declaration=openi.DECLARATION, read=openi.import_openi),
        "vindr": Importer(declaration=vindr.DECLARATION, read=vindr.import_vindr),
        "rsna": Importer(declaration=rsna.DECLARATION, read=rsna.import_rsna),
        "siim": Importer(declaration=siim.DECLARATION, read=siim.import_siim),
        "folder": Importer(declaration=None, read=import_folder),
        "images": Importer(declaration=None, read=import_images),
        "table": Importer(declaration=None, read=import_table, images_beside_labels=True),
    }
)
"""The importers, archives first."""
