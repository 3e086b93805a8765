"""Reading and writing site files; a file of another model is refused."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from ..errors import ConfigError, suggestion
from ..files import write_atomically
from ..results.model_identity import ModelIdentity
from .site import ModelReference, Site
from .yaml_mapping import read_mapping

REMEDY = "make the file again with lucency calibrate and lucency operating-points on this model's scores"
HEAD = """\
# Calibration and operating points of one site, valid for the model named below and no other.
# A probability is calibrated first; thresholds are of calibrated probabilities.
"""


def reference_to(model: ModelIdentity) -> ModelReference:
    """Shorten an identity to what a site file stores."""
    return ModelReference(name=model.name, version=model.version, fingerprint=model.fingerprint)


def read_site(path: str | Path, model: ModelIdentity | None = None) -> Site:
    """Read a site file and, if a model is given, make sure that it was measured on this one.

    Raises:
        ConfigError: the file is unreadable, holds an unknown finding or a value outside its range, or belongs to
            another model, version or preprocessing.
    """
    path = Path(path)
    try:
        site = Site.model_validate(read_mapping(path, REMEDY))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        value = str(first["input"])[:40]
        raise ConfigError(f"{path}: {where}: {first['msg']} (found {value}); {REMEDY}") from error
    if model:
        _check_model(path, site, model)
    return site


def site_for(model: ModelIdentity, path: str | Path | None = None) -> Site:
    """Read the site file of a model; without one, probabilities stay as they are and nothing is decided.

    Raises:
        ConfigError: as `read_site`.
    """
    return Site(model=reference_to(model)) if path is None else read_site(path, model)


def write_site(path: str | Path, site: Site) -> Path:
    """Write a site file, readable for people, flushed and renamed into place."""
    return write_atomically(path, HEAD + yaml.safe_dump(site.model_dump(mode="json"), sort_keys=False, width=120))


def _check_model(path: Path, site: Site, model: ModelIdentity) -> None:
    made_for, running = site.model, reference_to(model)
    for what in ("name", "version", "fingerprint"):
        if (theirs := getattr(made_for, what)) != (ours := getattr(running, what)):
            hint = " (other weights, findings or image settings)" if what == "fingerprint" else ""
            raise ConfigError(f"{path}: made for model {what} {theirs:.60}, but this is {ours:.60}{hint}; {REMEDY}")
    for finding in [*site.calibration, *site.operating_points]:
        if finding not in model.findings:
            raise ConfigError(f"{path}: the model has no finding {finding!r}{suggestion(finding, model.findings)}")
