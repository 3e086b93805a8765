"""A heat map as a DICOM object that a PACS files in the study of the radiograph."""

import hashlib
import io
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from ...errors import LucencyError
from ...results.clean_values import clean_element
from ...results.equipment import equipment_of
from ...results.model_identity import ModelIdentity
from ...results.schema import NOTICE
from ...results.source_header import PATIENT, STUDY, source_header
from ...results.uids import deterministic_uid
from ...transforms.orientation import upright
from ...transforms.quiet import quiet_pydicom

SERIES_NUMBER = 9902  # behind whatever a modality makes
LOSSY = ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod")
TIMES = (  # all optional
    "InstanceCreationDate", "InstanceCreationTime", "ContentDate", "ContentTime", "DateOfSecondaryCapture",
    "TimeOfSecondaryCapture",
)  # fmt: skip
_OPPOSITE = str.maketrans("LRAPHF", "RLPAFH")


def secondary_capture(
    pixels: NDArray[np.uint8],
    source: Path,
    *,
    title: str,
    number: int,
    model: ModelIdentity,
    method: str,
    layer: str | None = None,
) -> bytes:
    """Encode a captioned overlay as a Secondary Capture Image (PS3.3 A.8.1) of the radiograph's study.

    Patient and study are copied with their text decoded and written as UTF-8 (``ISO_IR 192``). The same radiograph,
    model and pixels give the same bytes and so the same SOP Instance UID; other pixels give another. All maps of a
    study and model are one series. No date of making is written: it would change the bytes.

    Args:
        pixels: (rows, columns, 3), caption included; it must hold no patient data.
        source: DICOM file of the radiograph.
        title: what is shown, such as the name of the finding.
        number: Instance Number, from 1.
        model: the model that is explained.
        method: of the heat map.
        layer: of the network, whose gradients weigh it; ``None`` for a method without one, such as attention.

    Returns:
        A whole file (PS3.10), Explicit VR Little Endian.

    Raises:
        LucencyError: highdicom is not installed, or `source` is no DICOM file of a study.
    """
    try:
        from highdicom.sc import SCImage
    except ImportError as error:
        raise LucencyError(
            "heat maps as DICOM need highdicom; install it: pip install 'lucency[sr]', or ask for png alone"
        ) from error
    header = source_header(source)
    uid_parts = (header.StudyInstanceUID, model.name, model.version, model.fingerprint)
    digest = hashlib.sha256(pixels.tobytes()).hexdigest()
    with quiet_pydicom():
        capture = SCImage(
            pixel_array=np.ascontiguousarray(pixels),
            photometric_interpretation="RGB",
            bits_allocated=8,
            coordinate_system="PATIENT",
            patient_orientation=("L", "F"),  # a placeholder; `_describe` writes what is known
            study_instance_uid=header.StudyInstanceUID,
            series_instance_uid=deterministic_uid("heat map series", *uid_parts),
            series_number=SERIES_NUMBER,
            sop_instance_uid=deterministic_uid("heat map", *uid_parts, header.SOPInstanceUID, title, digest),
            instance_number=number,
            **equipment_of(model),
            series_description=f"Heat maps - {NOTICE.split('.')[0]}",
            specific_character_set="ISO_IR 192",
        )
        _copy(capture, header, source)
        made_by, code = (
            (method, codes.DCM.VisualExplanation)
            if layer is None
            else (f"{method} of layer {layer}", codes.DCM.GradientWeightedClassActivation)
        )
        _describe(capture, header, f"{title}: {made_by} over the radiograph. {NOTICE}", code)
        buffer = io.BytesIO()
        pydicom.dcmwrite(buffer, capture, enforce_file_format=True)
    return buffer.getvalue()


def _copy(capture: Dataset, header: Dataset, source: Path) -> None:
    for keyword in (*PATIENT, *STUDY):
        if keyword in header:
            capture[keyword] = header[keyword]
    raw = pydicom.dcmread(source, stop_before_pixels=True, specific_tags=["Laterality", *LOSSY])
    for keyword in LOSSY:
        if (element := clean_element(raw, keyword)) is not None:
            capture.add(element)
    if header.get("BodyPartExamined") == "CHEST":
        capture.BodyPartExamined = "CHEST"
    else:  # any other may be a paired body part, which must have a laterality, if need be empty (PS3.3 C.7.3.1)
        laterality = clean_element(raw, "Laterality")
        capture.Laterality = laterality.value if laterality is not None and laterality.value in ("L", "R") else None


def _describe(capture: Dataset, header: Dataset, derivation: str, method: Code) -> None:
    for keyword in TIMES:
        capture.pop(keyword, None)
    for equipment in capture.get("ContributingEquipmentSequence", []):
        equipment.pop("ContributionDateTime", None)
    capture.ConversionType = "WSD"
    capture.BurnedInAnnotation = "YES"
    capture.PatientOrientation = displayed_orientation(header.get("PatientOrientation"))
    capture.DerivationDescription = derivation
    capture.DerivationCodeSequence = [_coded(method)]
    item = Dataset()
    item.ReferencedSOPClassUID = header.SOPClassUID
    item.ReferencedSOPInstanceUID = header.SOPInstanceUID
    item.PurposeOfReferenceCodeSequence = [_coded(codes.DCM.SourceImageForImageProcessingOperation)]
    capture.SourceImageSequence = [item]


def displayed_orientation(stored: object) -> list[str] | None:
    """Patient Orientation (0020,0020) of an image once `upright` has turned it.

    Args:
        stored: value of the source, of any kind.

    Returns:
        Directions of rows and columns, or ``None`` where the source does not say both.

    Example:
        >>> displayed_orientation(["FL", "R"]), displayed_orientation(["A", "F"]), displayed_orientation("L")
        (['L', 'FL'], ['A', 'F'], None)
    """
    if not isinstance(stored, (list, pydicom.multival.MultiValue)) or len(stored) != 2:
        return None
    along_row, along_column = map(str, stored)
    if not set(along_row + along_column) <= set("LRAPHF"):  # an animal's
        return None
    turned = upright(np.array([[0, 1], [2, 3]]), along_row, along_column)
    directions = {1: along_row, -1: along_row.translate(_OPPOSITE), 2: along_column}
    directions[-2] = along_column.translate(_OPPOSITE)
    return [directions[int(turned[0, 1] - turned[0, 0])], directions[int(turned[1, 0] - turned[0, 0])]]


def _coded(code: Code) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = code.value, code.scheme_designator, code.meaning
    return item
