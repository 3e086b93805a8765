"""Label files as they are published, read with every raw value's meaning declared."""

from .chexpert import import_chexpert
from .declaration import Declaration
from .folder import import_folder
from .google_nih import import_google_nih
from .image_files import relative_to_table
from .images import import_images
from .importer import IMPORTERS, Importer
from .mapping import Source, SourceSettings, import_mapping, read_source
from .mimic import import_mimic
from .nih import import_nih
from .nih_boxes import read_nih_boxes
from .openi import import_openi
from .padchest import import_padchest
from .rsna import import_rsna, read_rsna_boxes
from .siim import import_siim
from .table import import_table
from .vindr import import_vindr
from .vindr_boxes import read_vindr_boxes

__all__ = [
    "IMPORTERS",
    "Declaration",
    "Importer",
    "Source",
    "SourceSettings",
    "import_chexpert",
    "import_folder",
    "import_google_nih",
    "import_images",
    "import_mapping",
    "import_mimic",
    "import_nih",
    "import_openi",
    "import_padchest",
    "import_rsna",
    "import_siim",
    "import_table",
    "import_vindr",
    "read_nih_boxes",
    "read_rsna_boxes",
    "read_source",
    "read_vindr_boxes",
    "relative_to_table",
]
