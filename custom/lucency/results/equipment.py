"""The model as the equipment that made a DICOM object."""

from .codes import MANUFACTURER
from .model_identity import ModelIdentity


def equipment_of(model: ModelIdentity) -> dict[str, str]:
    """Enhanced General Equipment (PS3.3 C.7.5.2), whose Long Strings have 64 characters and no backslash.

    Returns:
        Arguments as highdicom names them.

    Example:
        >>> model = ModelIdentity(name="bundle", version="1.0.0", findings=("mass",), weights_sha256=None)
        >>> equipment_of(model)["manufacturer_model_name"]
        'bundle'
    """
    return {
        "manufacturer": MANUFACTURER,
        "manufacturer_model_name": model.name.replace("\\", "/")[:64] or "unnamed",
        "software_versions": model.version.replace("\\", "/")[:64] or "unknown",
        "device_serial_number": model.fingerprint[:64],
    }
