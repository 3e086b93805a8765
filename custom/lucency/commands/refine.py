"""`lucency refine`: rounds in which readers look at the labels that matter most; one verb a file."""

import typer

from . import ANY_KEY
from .refine_import import import_verdicts
from .refine_rank import rank
from .refine_status import status
from .refine_train import train
from .refine_worklist import worklist

app = typer.Typer(
    help="Have the labels read again that matter most: rank, worklist, import, train, status.", no_args_is_help=True
)
app.command("rank")(rank)
app.command("worklist")(worklist)
app.command("import")(import_verdicts)
app.command("train", context_settings=ANY_KEY)(train)
app.command("status")(status)
