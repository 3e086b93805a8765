"""Writing an image as a DICOM Digital X-Ray (or Computed Radiography) object of an invented patient."""

import io
import uuid
from datetime import date, timedelta

from pydicom import dcmwrite
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import (
    UID,
    ComputedRadiographyImageStorage,
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from .case import PhantomCase
from .encoding import Encoding
from .shapes import Field

_NAMESPACE = uuid.UUID("8d0f7a52-3d4e-5b0e-9a55-6c2f0d6f7c11")
_NATIVE = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, DeflatedExplicitVRLittleEndian)
_VIEW_CODES = {"PA": ("272479007", "postero-anterior"), "AP": ("399348003", "antero-posterior")}


def phantom_uid(*keys: object) -> UID:
    """UID under 2.25 that follows from the keys (PS3.5 B.2: a name-based UUID as a decimal number).

    Example:
        >>> phantom_uid("study", 0, 12, 0) == phantom_uid("study", 0, 12, 0)
        True
    """
    return UID(f"2.25.{uuid.uuid5(_NAMESPACE, '/'.join(map(str, keys))).int}")


def study_uid(case: PhantomCase) -> UID:
    """Study Instance UID: every follow-up of a patient is a study of its own."""
    return phantom_uid("study", case.seed, case.patient, case.follow_up)


def dicom_bytes(image: Field, case: PhantomCase, encoding: Encoding, spacing: float, version: str) -> bytes:
    """A whole DICOM file (PS3.10) of one image.

    Args:
        image: displayed image, (H, W) in [0, 1].
        case: what it shows.
        encoding: how pixels are stored.
        spacing: side of a pixel in mm at the detector.
        version: of the generator; part of the SOP Instance UID, as other pixels need another UID.
    """
    ds = FileDataset(None, Dataset(), preamble=b"\0" * 128)
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = encoding.syntax if encoding.syntax in _NATIVE else ExplicitVRLittleEndian
    ds.SOPClassUID = DigitalXRayImageStorageForPresentation if encoding.digital else ComputedRadiographyImageStorage
    ds.SOPInstanceUID = phantom_uid(
        "image", case.seed, case.index, *image.shape, sorted(case.severity.items()), version
    )
    _describe_patient_and_study(ds, case)
    _describe_series_and_equipment(ds, case, encoding, version)
    _describe_acquisition(ds, case, encoding, spacing)
    _describe_pixels(ds, image, encoding)
    if encoding.syntax not in _NATIVE:
        ds.compress(encoding.syntax, generate_instance_uid=False)
    buffer = io.BytesIO()
    dcmwrite(buffer, ds, enforce_file_format=True)
    return buffer.getvalue()


def _describe_patient_and_study(ds: Dataset, case: PhantomCase) -> None:
    """Patient (C.7.1.1) and General Study (C.7.2.1) modules; the birthday makes the age true on the study date."""
    born = 2000 + case.patient % 20 - (case.age - case.follow_up // 2)
    taken = date(2000 + case.patient % 20, 2, 1) + timedelta(days=183 * case.follow_up)
    ds.PatientName = f"Phantom^Lucency {case.patient:06d}"
    ds.PatientID = case.patient_id
    ds.PatientBirthDate = f"{born}0101"
    ds.PatientSex = case.sex
    ds.PatientAge = f"{case.age:03d}Y"
    ds.StudyInstanceUID = study_uid(case)
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = taken.strftime("%Y%m%d")
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = "120000"
    ds.ReferringPhysicianName = ""
    ds.StudyID = str(case.follow_up)
    ds.AccessionNumber = ""
    ds.StudyDescription = "Synthetic chest radiograph"


def _describe_series_and_equipment(ds: Dataset, case: PhantomCase, encoding: Encoding, version: str) -> None:
    """General and DX Series (C.7.3.1, C.8.11.1), General Equipment (C.7.5.1), SOP Common (C.12.1)."""
    ds.Modality = "DX" if encoding.digital else "CR"
    ds.SeriesInstanceUID = phantom_uid("series", case.seed, case.patient, case.follow_up)
    ds.SeriesNumber = 1
    ds.InstanceNumber = 1
    ds.BodyPartExamined = "CHEST"
    ds.ViewPosition = case.view
    ds.PatientOrientation = ["L", "F"]
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.Manufacturer = "Lucency"
    ds.ManufacturerModelName = "Phantom"
    ds.SoftwareVersions = version
    ds.SyntheticData = "YES"
    ds.BurnedInAnnotation = "NO"
    ds.LossyImageCompression = "00"
    if encoding.digital:
        ds.PresentationIntentType = "FOR PRESENTATION"


def _describe_acquisition(ds: Dataset, case: PhantomCase, encoding: Encoding, spacing: float) -> None:
    """DX Anatomy Imaged, Positioning, Detector (C.8.11.2, .5, .4) and Acquisition Context (C.7.6.14)."""
    ds.ImagerPixelSpacing = [f"{spacing:.5f}"] * 2
    if not encoding.digital:
        return
    ds.ImageLaterality = "U"
    ds.AnatomicRegionSequence = Sequence([_code("816094009", "Chest")])
    ds.ViewCodeSequence = Sequence([_code(*_VIEW_CODES[case.view])])
    ds.PositionerType = ""
    ds.DetectorType = ""
    ds.AcquisitionContextSequence = Sequence([])
    ds.PixelIntensityRelationship = "LOG"
    ds.PixelIntensityRelationshipSign = 1 if encoding.inverted else -1
    ds.PresentationLUTShape = "INVERSE" if encoding.inverted else "IDENTITY"


def _describe_pixels(ds: Dataset, image: Field, encoding: Encoding) -> None:
    """Image Pixel (C.7.6.3), Modality LUT (C.11.1) and VOI LUT (C.11.2) modules."""
    stored = encoding.store(image)
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME1" if encoding.inverted else "MONOCHROME2"
    ds.Rows, ds.Columns = stored.shape
    ds.BitsAllocated = 8 * stored.dtype.itemsize
    ds.BitsStored = encoding.bits
    ds.HighBit = encoding.bits - 1
    ds.PixelRepresentation = int(encoding.signed)
    if encoding.digital or (encoding.slope, encoding.intercept) != (1.0, 0.0):
        ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = encoding.intercept, encoding.slope, "US"
    if encoding.voi == "lut":
        table = Dataset()
        table.add_new("LUTDescriptor", "US", [1 << encoding.bits, 0, 16])
        table.LUTExplanation = "NORMAL"
        table.add_new("LUTData", "US", encoding.lut().tolist())
        ds.VOILUTSequence = Sequence([table])
    elif encoding.voi != "none":
        centre, width = encoding.centre_and_width()
        several = encoding.voi == "windows"
        ds.WindowCenter = [centre, round(0.9 * centre + 10)] if several else centre
        ds.WindowWidth = [width, round(0.6 * width)] if several else width
        ds.WindowCenterWidthExplanation = ["NORMAL", "HARDER"] if several else "NORMAL"
        if encoding.voi in ("exact", "sigmoid"):
            ds.VOILUTFunction = {"exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}[encoding.voi]
    ds.PixelData = stored.tobytes()
    ds["PixelData"].VR = "OB" if encoding.bits == 8 else "OW"


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "SCT", meaning
    return item
