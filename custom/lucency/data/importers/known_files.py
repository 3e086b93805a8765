"""Recognising a published file by its columns, for whoever gives an importer the wrong one."""

from collections.abc import Collection

# The narrower before the wider: Google's file has all columns of NIH's.
_TELLTALES = {
    "Google's labels of NIH images, which importer google_nih reads": {"Image Index", "Airspace opacity"},
    "the boxes of NIH ChestX-ray14, which read_nih_boxes reads": {"Image Index", "Finding Label", "Bbox [x"},
    "NIH ChestX-ray14, which importer nih reads": {"Image Index", "Finding Labels"},
    "CheXpert, which importer chexpert reads": {"Path", "Frontal/Lateral", "AP/PA"},
    "the metadata of MIMIC-CXR-JPG, argument metadata of importer mimic": {"dicom_id", "ViewPosition"},
    "the splits of MIMIC-CXR-JPG, argument split of importer mimic": {"dicom_id", "split"},
    "MIMIC-CXR-JPG, which importer mimic reads": {"study_id", "Pleural Effusion"},
    "PadChest, which importer padchest reads": {"ImageID", "Labels"},
    "VinDr-CXR of Kaggle, which importer vindr reads": {"image_id", "class_name", "class_id"},
    "the boxes of VinDr-CXR, which read_vindr_boxes reads": {"image_id", "class_name", "x_min"},
    "VinDr-CXR, which importer vindr reads": {"image_id", "Aortic enlargement"},
    "RSNA Pneumonia Detection, which importer rsna reads": {"patientId", "Target"},
    "the classes of RSNA Pneumonia Detection, which importer rsna reads": {"patientId", "class"},
    "SIIM-ACR Pneumothorax, which importer siim reads": {"ImageId", "EncodedPixels"},
    "a study table, which importer table reads": {"image", "patient", "study", "view"},
}


def recognised(columns: Collection[str], expected: Collection[str]) -> str | None:
    """Say which published file has such columns, or None if it is the expected one or an unknown one.

    Args:
        columns: of a file that is not what was expected; blanks around a name do not matter.
        expected: columns that were looked for.

    Example:
        >>> recognised(["ImageID", "StudyID", "Labels"], ["Image Index", "Finding Labels"])
        'PadChest, which importer padchest reads'
        >>> recognised(["Image Index", "Finding Labels"], ["Image Index", "Finding Labels", "Patient ID"]) is None
        True
    """
    stripped = {column.strip() for column in columns}
    kind, telling = next(((kind, told) for kind, told in _TELLTALES.items() if told <= stripped), (None, set()))
    return None if telling <= set(expected) else kind
