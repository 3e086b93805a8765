"""Label files as they are published, read with every raw value's meaning declared."""

from .chexpert import import_chexpert
from .folder import import_folder
from .mapping import import_mapping, relative_to_table
from .nih import import_nih

__all__ = ["import_chexpert", "import_folder", "import_mapping", "import_nih", "relative_to_table"]
