"""What pynetdicom must not write."""

import logging
import warnings

from pynetdicom import _config


def silence() -> None:
    """Keep pynetdicom, for this process, from writing what peers send: names, identifiers, UIDs.

    pydicom is left to `lucency.node.operations.logs`, which has the whole process to itself.
    """
    _config.LOG_HANDLER_LEVEL = "none"
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)
    warnings.filterwarnings("ignore", module=r"pynetdicom(\.|$)")
