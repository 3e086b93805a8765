"""What an import brought, at a glance: images of each state, finding by finding."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def show_states(frame: "pd.DataFrame") -> None:
    """Print how many images of a study table have each state of each finding.

    Images whose source does not label the finding are counted apart from those on which it is unmentioned.
    """
    from rich.table import Table

    from ..data import finding_columns
    from ..labels import LabelState, labelled_cells
    from ..terminal import console

    findings = finding_columns(frame)
    silent = LabelState.UNMENTIONED
    unasked = (~labelled_cells(frame, findings) & (frame[findings] == silent.value)).sum()
    apart = bool(unasked.any())
    shown = Table("finding", box=None, pad_edge=False)
    for heading in (*LabelState, *["not labelled"] * apart):
        shown.add_column(heading, justify="right")
    for finding in findings:
        found = frame[finding].value_counts()
        counts = [found.get(state.value, 0) - (state is silent) * unasked[finding] for state in LabelState]
        shown.add_row(finding, *[f"{count:,}" for count in (*counts, *[unasked[finding]] * apart)])
    console().print(shown)
