"""Tables of `lucency refine` on a terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from ..refine import LabelEntry


def show(frame: "pd.DataFrame") -> None:
    """Print a table: whole numbers as they are, others with two decimals, an undefined one as a dash."""
    from rich.table import Table

    from ..terminal import console

    shown = Table(box=None, pad_edge=False)
    for name, values in frame.items():
        text = values.dtype.kind not in "if"
        shown.add_column(str(name).replace("_", " "), justify="left" if text else "right")
    for row in frame.itertuples(index=False):
        shown.add_row(*[_cell(value) for value in row])
    console().print(shown)


def show_agreement(verdicts: "Sequence[LabelEntry]") -> None:
    """Print how far readers agree, finding by finding, if any label was read by several."""
    from ..refine import reader_agreement

    agreement = reader_agreement(verdicts)
    if agreement["cells"].sum():
        show(agreement.assign(finding=agreement["finding"].replace("", "all")))


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if value != value else f"{value:.2f}"
    return str(value)
