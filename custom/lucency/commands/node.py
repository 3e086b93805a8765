"""`lucency node`: radiographs in by DICOM or DICOMweb, coded results back; serve, and what looks after its jobs."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from . import ANY_KEY
from .node_jobs import app as jobs_app
from .node_packages import check_packages
from .node_settings import bundle_options, settings_of, with_model_settings
from .node_status import status

app = typer.Typer(help="Answer the radiographs of a PACS: serve, status, jobs.", no_args_is_help=True)
app.add_typer(jobs_app, name="jobs")
app.command("status")(status)

_MODEL = "The model"
_IN = "What comes in"
_OUT = "What goes out"
_KEPT = "Where things are kept"
_LIMITS = "Limits"
_RETRIES = "What is tried again"
_TLS = "TLS and audit"


def _flag(panel: str, help: str, default: str | None = None) -> Any:
    """A flag whose default is that of `NodeSettings`, so that what a YAML file says is known from what nobody says."""
    return typer.Option(rich_help_panel=panel, help=help, show_default=default or False)


@app.command("serve", context_settings=ANY_KEY)
def serve(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="YAML file of settings; flags win over it.")] = None,
    bundle: Annotated[Path | None, _flag(_MODEL, "Folder of the bundle that answers.")] = None,
    weights: Annotated[Path | None, _flag(_MODEL, "Weights; else those of the bundle.")] = None,
    site: Annotated[Path | None, _flag(_MODEL, "site.yaml: calibration and operating points.")] = None,
    backend: Annotated[str | None, _flag(_MODEL, "As of lucency predict.", "auto")] = None,
    precision: Annotated[str | None, _flag(_MODEL, "fp32, or bf16, int8 of an exported network.", "fp32")] = None,
    workers: Annotated[int | None, _flag(_MODEL, "Processes that decode and predict.", "1")] = None,
    aet: Annotated[str | None, _flag(_IN, "AE title of the node; others are not answered.", "LUCENCY")] = None,
    listen: Annotated[str | None, _flag(_IN, "HOST:PORT for associations.", "127.0.0.1:11112")] = None,
    http: Annotated[str | None, _flag(_IN, "HOST:PORT for HTTP.", "127.0.0.1:8080")] = None,
    allow: Annotated[str | None, _flag(_IN, "AE titles that may call, with commas between.", "any")] = None,
    max_associations: Annotated[int | None, _flag(_IN, "Associations at once.", "25")] = None,
    pull: Annotated[str | None, _flag(_IN, "Root of a DICOMweb service to ask for radiographs.")] = None,
    pull_s: Annotated[float | None, _flag(_IN, "Seconds between two questions.", "30")] = None,
    pull_days: Annotated[int | None, _flag(_IN, "Days back that are asked for.", "2")] = None,
    pacs: Annotated[str | None, _flag(_OUT, "AET@HOST:PORT, or the root of a DICOMweb service.")] = None,
    sr_class: Annotated[
        Literal["Comprehensive3DSR", "ComprehensiveSR"] | None, _flag(_OUT, "Of the reports.", "Comprehensive3DSR")
    ] = None,
    clinical_use: Annotated[bool | None, _flag(_OUT, "Leave 'not for clinical use' out.", "no-clinical-use")] = None,
    heatmaps: Annotated[bool | None, _flag(_OUT, "Send pictures, Secondary Capture.", "no-heatmaps")] = None,
    fhir: Annotated[Path | None, _flag(_OUT, "Folder for a FHIR R4 document a result.")] = None,
    state: Annotated[Path | None, _flag(_KEPT, "Folder of queue and files; of one node only.")] = None,
    queue: Annotated[str | None, _flag(_KEPT, "postgresql://..., for several nodes; else SQLite in --state.")] = None,
    storage: Annotated[Path | None, _flag(_KEPT, "Folder of files, for several nodes; else in --state.")] = None,
    keep_days: Annotated[float | None, _flag(_KEPT, "Days that sent results are kept.", "30")] = None,
    max_queue: Annotated[int | None, _flag(_LIMITS, "Jobs that may wait for a worker; then A700.", "10000")] = None,
    min_free_mb: Annotated[int | None, _flag(_LIMITS, "Free disk below which A700 is answered.", "2000")] = None,
    lease_s: Annotated[float | None, _flag(_LIMITS, "Seconds that one job may take.", "120")] = None,
    mem_mb: Annotated[int | None, _flag(_LIMITS, "Memory that one job may take of a worker.", "2048")] = None,
    attempts: Annotated[int | None, _flag(_RETRIES, "Failures after which a job is dead.", "3")] = None,
    retry_base: Annotated[float | None, _flag(_RETRIES, "Seconds; the first wait is below it.", "2")] = None,
    retry_cap: Annotated[float | None, _flag(_RETRIES, "Seconds; no wait is longer.", "300")] = None,
    give_up_h: Annotated[float | None, _flag(_RETRIES, "Hours that the PACS may be away.", "168")] = None,
    tls_cert: Annotated[Path | None, _flag(_TLS, "PEM file: certificate of the node.")] = None,
    tls_key: Annotated[Path | None, _flag(_TLS, "PEM file: its key.")] = None,
    tls_ca: Annotated[Path | None, _flag(_TLS, "PEM file: who vouches for the peers.")] = None,
    pacs_plain: Annotated[bool | None, _flag(_TLS, "Speak to the PACS without TLS.", "no-pacs-plain")] = None,
    audit: Annotated[str | None, _flag(_TLS, "File, or udp://HOST:PORT, for DICOM audit messages.")] = None,
) -> None:
    """Run a node until SIGTERM or Ctrl-C: lucency node serve --bundle BUNDLE --pacs PACS@HOST:4242 --state DIR.

    What it has acknowledged is on disk; stopped or killed, the same command
    goes on where it was.

    Every further option is a key of the bundle's inference.yaml, such as
    --guard_rules#view#missing refuse. All settings: docs/reference/node.md.
    """
    given = {name: value for name, value in context.params.items() if name != "config" and value is not None}
    if further := bundle_options(context.args):
        given["overrides"] = further
    settings = with_model_settings(settings_of(config, given))
    check_packages()

    from ..node.node import Node

    Node(settings).run()
