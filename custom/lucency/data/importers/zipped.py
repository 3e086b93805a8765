"""Label files inside a .zip, as Kaggle hands them out."""

import tempfile
import zipfile
from pathlib import Path

import pandas as pd

from ...errors import TableError
from ...files import first_few
from ..table_files import existing_file, read_text


def read_label_file(path: str | Path) -> pd.DataFrame:
    """Every cell of a table as text, "" for nothing; of a .zip, the one .csv file in it.

    Raises:
        TableError: as `read_raw`; a .zip that is damaged or does not hold exactly one .csv file.
    """
    if Path(path).suffix != ".zip":
        return read_text(path)
    try:
        with zipfile.ZipFile(existing_file(path)) as archive, tempfile.TemporaryDirectory() as folder:
            tables = [member for member in archive.namelist() if member.endswith(".csv")]
            if len(tables) != 1:
                raise TableError(f"{path}: holds {first_few(tables) or 'no .csv file'}; unzip it and name one table")
            return read_text(archive.extract(tables[0], folder))
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:  # the last two: encrypted, odd compression
        raise TableError(f"{path}: is not a readable .zip ({error})") from error
