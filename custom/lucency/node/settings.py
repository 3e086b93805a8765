"""Everything that can be set about a node; each is a flag of `lucency node serve` and a key of its YAML file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from ..errors import ConfigError, suggestion
from .addresses import Address, Peer, Title

_WEB = ("http://", "https://")


class NodeSettings(BaseModel):
    """Settings of a node; the units are in the names.

    Attributes:
        bundle: folder of the bundle that answers.
        state: folder of queue and files of this node.
        pacs: where results go: ``AET@HOST:PORT`` by C-STORE, or the root of a DICOMweb service by STOW-RS.
        weights, site, backend, precision: as of `lucency predict`.
        aet: AE title of the node; associations that call another are rejected.
        listen: where it takes associations.
        http: where it answers HTTP: health, metrics, page, STOW-RS.
        allow: AE titles that may call; none means any.
        max_associations: at once; more are rejected.
        pull: root of a DICOMweb service that is asked for radiographs.
        pull_s, pull_days: how often, and of how many days.
        queue: ``postgresql://...``, shared by several nodes; else SQLite in `state`.
        storage: folder of objects and results, shared by several nodes; else in `state`.
        workers: processes that decode and predict.
        max_queue: jobs that may wait for a worker; more objects are answered A700.
        min_free_mb: of the disk of `storage`; with less, objects are answered A700.
        lease_s: time that a worker may take for one job.
        attempts: after so many, a job that workers die of, or that the PACS refuses, is dead.
        retry_base, retry_cap: seconds; the n-th wait is drawn below ``min(cap, base * 2**n)``.
        give_up_h: hours after which results that the PACS never took are dead.
        mem_mb: memory that one job may take of a worker, beyond what it holds when it is idle.
        keep_days: how long results that were sent are kept.
        sr_class, clinical_use: of the reports, as in the bundle's inference.yaml.
        heatmaps: send pictures of what speaks for a finding, as Secondary Capture.
        fhir: folder that gets a FHIR R4 document a result.
        tls_cert, tls_key, tls_ca: PEM files; with them, only TLS with a client certificate is taken and spoken.
        pacs_plain: speak to the PACS without TLS all the same.
        audit: file, or ``udp://HOST:PORT`` of a syslog server, for DICOM audit messages.
        overrides: keys of the bundle's inference.yaml to values.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bundle: Path
    state: Path
    pacs: str
    weights: Path | None = None
    site: Path | None = None
    backend: str = "auto"
    precision: str = "fp32"
    aet: Title = "LUCENCY"
    listen: Address = Address(host="127.0.0.1", port=11112)
    http: Address = Address(host="127.0.0.1", port=8080)
    allow: tuple[Title, ...] = ()
    max_associations: int = Field(default=25, ge=1)
    pull: str | None = None
    pull_s: float = Field(default=30, gt=0)
    pull_days: int = Field(default=2, ge=1)
    queue: str | None = None
    storage: Path | None = None
    workers: int = Field(default=1, ge=1)
    max_queue: int = Field(default=10_000, ge=1)
    min_free_mb: int = Field(default=2_000, ge=0)
    lease_s: float = Field(default=120, gt=0, le=43_200)
    attempts: int = Field(default=3, ge=1)
    retry_base: float = Field(default=2, gt=0)
    retry_cap: float = Field(default=300, gt=0, le=43_200)
    give_up_h: float = Field(default=168, gt=0)
    mem_mb: int = Field(default=2_048, ge=256)
    keep_days: float = Field(default=30, ge=0)
    sr_class: Literal["Comprehensive3DSR", "ComprehensiveSR"] = "Comprehensive3DSR"
    clinical_use: bool = False
    heatmaps: bool = False
    fhir: Path | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_ca: Path | None = None
    pacs_plain: bool = False
    audit: str | None = None
    overrides: dict[str, Any] = {}

    @field_validator("pacs")
    @classmethod
    def _is_pacs(cls, pacs: str) -> str:
        if not pacs.startswith(_WEB):
            try:
                Peer.model_validate(pacs)
            except ValidationError as error:
                raise ValueError("write AET@HOST:PORT, or the http(s):// root of a DICOMweb service") from error
        return pacs

    @model_validator(mode="after")
    def _fits(self) -> "NodeSettings":
        if self.pull is not None and not self.pull.startswith(_WEB):
            raise ValueError("pull: is no http:// or https:// address; give the root of a DICOMweb service")
        if self.queue is not None and not self.queue.startswith(("postgresql://", "postgres://")):
            raise ValueError("queue: is no postgresql:// address; leave it out for SQLite in the state folder")
        files = (self.tls_cert, self.tls_key, self.tls_ca)
        if any(files) and not all(files):
            raise ValueError("TLS needs all three of tls_cert, tls_key and tls_ca")
        if self.retry_cap < self.retry_base:
            raise ValueError("retry_cap: is below retry_base")
        return self

    @property
    def pacs_peer(self) -> Peer | None:
        """The PACS, if it is spoken to by C-STORE."""
        return None if self.pacs.startswith(_WEB) else Peer.model_validate(self.pacs)

    @property
    def storage_root(self) -> Path:
        """Folder of objects and results."""
        return self.storage or self.state / "files"


def node_settings(values: Mapping[str, Any], source: str = "settings") -> NodeSettings:
    """Check settings.

    Args:
        values: key to value, as read from YAML or flags.
        source: named in errors.

    Raises:
        ConfigError: an unknown key, a missing one, or a value out of range.

    Example:
        >>> node_settings({"bundle": "b", "state": "s", "pacs": "PACS@127.0.0.1:4242", "worker": 2})
        Traceback (most recent call last):
        ...
        lucency.errors.ConfigError: settings: worker: is no setting of a node; did you mean 'workers'?
    """
    for key in values:
        if key not in NodeSettings.model_fields:
            raise ConfigError(f"{source}: {key}: is no setting of a node{suggestion(key, NodeSettings.model_fields)}")
    try:
        return NodeSettings.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        what = "is missing; give it" if first["type"] == "missing" else first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{source}: {f'{where}: ' if where else ''}{what}") from error
