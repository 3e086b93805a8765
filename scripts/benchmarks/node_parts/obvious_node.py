"""The obvious node: one handler decodes with pydicom, runs the eager network, makes a report and sends it.

python obvious_node.py PORT PACS_AET PACS_PORT WEIGHTS
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import torch
from highdicom.sr import (
    AlgorithmIdentification,
    CodedConcept,
    Comprehensive3DSR,
    DeviceObserverIdentifyingAttributes,
    Measurement,
    MeasurementReport,
    MeasurementsAndQualitativeEvaluations,
    ObservationContext,
    ObserverContext,
    QualitativeEvaluation,
    SourceImageForMeasurementGroup,
    TrackingIdentifier,
)
from monai.networks.nets import DenseNet121
from pydicom import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut
from pydicom.sr.codedict import codes
from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, evt
from pynetdicom.sop_class import Comprehensive3DSRStorage, ComputedRadiographyImageStorage, Verification

from lucency.engines.weights import read_weights
from lucency.labels import NIH14

SIDE = 224
CERTAINTY = CodedConcept("111012", "DCM", "Certainty of Finding")
PRESENCE = CodedConcept("121052", "DCM", "Presence of property")
PRESENT, ABSENT = CodedConcept("52101004", "SCT", "Present"), CodedConcept("272519000", "SCT", "Absent")


def main() -> None:
    """Serve until killed."""
    port, pacs_title, pacs_port, weights = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), Path(sys.argv[4])
    network = DenseNet121(spatial_dims=2, in_channels=1, out_channels=len(NIH14))
    network.load_state_dict(read_weights(weights))
    network.eval()

    def answer(event: evt.Event) -> int:
        dataset = event.dataset
        dataset.file_meta = event.file_meta
        with torch.no_grad():
            probabilities = torch.sigmoid(network(prepared(dataset)))[0].tolist()
        send(report(dataset, probabilities), pacs_title, pacs_port)
        return 0x0000

    ae = AE(ae_title="OBVIOUS")
    ae.add_supported_context(Verification)
    ae.add_supported_context(ComputedRadiographyImageStorage, ALL_TRANSFER_SYNTAXES)
    ae.start_server(("127.0.0.1", port), block=True, evt_handlers=[(evt.EVT_C_STORE, answer)])


def prepared(dataset: Dataset) -> torch.Tensor:
    """Image (1, 1, S, S) in [0, 1], as tutorials do it."""
    pixels: Any = apply_voi_lut(apply_modality_lut(dataset.pixel_array, dataset), dataset)
    pixels = pixels.astype(np.float32)
    pixels = (pixels - pixels.min()) / (pixels.max() - pixels.min())
    if dataset.PhotometricInterpretation == "MONOCHROME1":
        pixels = 1 - pixels
    image = torch.from_numpy(pixels)[None, None]
    return torch.nn.functional.interpolate(image, size=(SIDE, SIDE), mode="bilinear", antialias=True)


def report(dataset: Dataset, probabilities: Sequence[float]) -> Comprehensive3DSR:
    """A report by TID 1500 with one measurement group a finding."""
    device = DeviceObserverIdentifyingAttributes(uid=hd.UID(), name="script", manufacturer_name="script")
    observer = ObserverContext(observer_type=codes.DCM.Device, observer_identifying_attributes=device)
    groups = [
        MeasurementsAndQualitativeEvaluations(
            tracking_identifier=TrackingIdentifier(uid=hd.UID(), identifier=finding),
            finding_type=CodedConcept(finding, "99SCRIPT", finding),
            algorithm_id=AlgorithmIdentification("script", "1"),
            source_images=[SourceImageForMeasurementGroup(dataset.SOPClassUID, dataset.SOPInstanceUID)],
            measurements=[Measurement(CERTAINTY, round(100 * probability, 2), codes.UCUM.Percent)],
            qualitative_evaluations=[QualitativeEvaluation(PRESENCE, PRESENT if probability >= 0.5 else ABSENT)],
        )
        for finding, probability in zip(NIH14, probabilities, strict=True)
    ]
    content = MeasurementReport(
        observation_context=ObservationContext(observer_device_context=observer),
        procedure_reported=CodedConcept("168537006", "SCT", "Plain radiography"),
        imaging_measurements=groups,
        title=codes.DCM.ImagingMeasurementReport,
        referenced_images=[dataset],
    )
    return Comprehensive3DSR(
        evidence=[dataset],
        content=content[0],
        series_instance_uid=hd.UID(),
        series_number=100,
        sop_instance_uid=hd.UID(),
        instance_number=1,
        manufacturer="script",
        is_complete=True,
    )


def send(document: Dataset, title: str, port: int) -> None:
    """Store an object in the PACS."""
    ae = AE(ae_title="OBVIOUS")
    ae.add_requested_context(Comprehensive3DSRStorage)
    association = ae.associate("127.0.0.1", port, ae_title=title)
    if not association.is_established:
        raise ConnectionError("the PACS takes no association")
    association.send_c_store(document)
    association.release()


if __name__ == "__main__":
    main()
