"""What libraries must not write."""

import logging
import warnings

from pynetdicom import _config


def silence() -> None:
    """Keep pynetdicom and pydicom, for this process, from writing what peers send: names, identifiers, UIDs."""
    _config.LOG_HANDLER_LEVEL = "none"
    for name in ("pynetdicom", "pydicom"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", module=r"(pynetdicom|pydicom)(\.|$)")
