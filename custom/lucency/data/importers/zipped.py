"""Label files inside a .zip, as Kaggle hands them out."""

import tempfile
import zipfile
import zlib
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
            members = [member for member in archive.namelist() if not member.startswith("__MACOSX/")]
            tables = [member for member in members if member.endswith(".csv")]
            if len(tables) != 1:
                raise TableError(f"{path}: holds {first_few(tables) or 'no .csv file'}; unzip it and name one table")
            table = archive.extract(tables[0], folder)
            try:
                return read_text(table)
            except TableError as error:
                raise TableError(str(error).replace(table, str(path))) from error
    # of these, encryption is a RuntimeError, an odd compression a NotImplementedError
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise TableError(f"{path}: is not a readable .zip ({error}); download it anew, or unzip it yourself") from error
