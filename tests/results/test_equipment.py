from lucency.results.equipment import equipment_of
from lucency.results.model_identity import ModelIdentity


def test_long_strings_of_dicom_hold_64_characters_and_no_backslash():
    model = ModelIdentity(name="a\\b" * 40, version="", findings=("mass",), weights_sha256=None)
    values = equipment_of(model)
    assert values["manufacturer_model_name"] == ("a/b" * 40)[:64]
    assert values["software_versions"] == "unknown"
    assert values["device_serial_number"] == model.fingerprint
    assert all(0 < len(value) <= 64 for value in values.values())
