"""One chest stored in 13 ways gets one answer from the bundle's own preprocessing, on every backend."""

from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread, uid

from lucency.files import sha256_of
from lucency.inference.backends import RUNTIMES, Backend
from lucency.release.check import check_bundle
from lucency.release.export import export_bundle
from lucency.release.golden import BundlePipeline, read_golden, seeded_weights
from lucency.release.golden.record import StoredWeights
from references.dicom_files import save, table
from support import BUNDLE

CORPUS = "metamorphic_CR-MONO1-10"
SYNTAXES = {
    "00": uid.ExplicitVRLittleEndian,
    "01": uid.RLELossless,
    "02": uid.JPEGLSLossless,
    "03": uid.JPEG2000Lossless,
    "04": uid.DeflatedExplicitVRLittleEndian,
    "05": uid.ImplicitVRLittleEndian,
    "06": uid.JPEGLosslessSV1,
    "07": uid.ExplicitVRBigEndian,
}
OTHERS = ("10", "11", "12", "13", "14")
EQUAL = 1e-3


def editable(path: Path) -> Dataset:
    """A data set that may be written in another byte order, which pydicom refuses for one that was read."""
    read, dataset = dcmread(path), Dataset()
    dataset.update(read)
    dataset.file_meta = read.file_meta
    return dataset


def encode(base: Dataset, kind: str, path: Path) -> Path:
    """Store the base image as README.csv of the corpus says for files of this number."""
    if kind in SYNTAXES:
        return save(base, path, SYNTAXES[kind])
    stored = np.frombuffer(base.PixelData, "<u2").astype(np.int64)
    centre, width = float(base.WindowCenter), float(base.WindowWidth)
    if kind == "10":
        base.PhotometricInterpretation = "MONOCHROME2"
        base.PixelData = (1023 - stored).astype("<u2").tobytes()
        base.WindowCenter = 1024 - centre
    elif kind == "11":
        base.PixelRepresentation, base.RescaleIntercept, base.RescaleSlope = 1, 512, 1
        base.PixelData = (stored - 512).astype("<i2").tobytes()
    elif kind == "12":
        base.RescaleIntercept, base.RescaleSlope = -100, 2
        base.WindowCenter, base.WindowWidth = 2 * (centre - 0.5) - 100 + 0.5, 2 * (width - 1) + 1
    elif kind == "13":
        shares = np.clip((np.arange(1024) - (centre - 0.5)) / (width - 1) + 0.5, 0, 1)
        base.VOILUTSequence = table(0, 16, np.rint(65535 * shares))
        del base.WindowCenter, base.WindowWidth
    elif kind == "14":
        base.WindowCenter, base.WindowWidth = [centre, centre / 2], [width, width / 3]
    return save(base, path)


@pytest.fixture(scope="module")
def encodings(real_data, tmp_path_factory):
    """The corpus' own files; what it lacks is made from its first one by the same rule."""
    corpus, made = real_data / "dicom_corpus" / CORPUS, tmp_path_factory.mktemp("encodings")
    (base,) = corpus.glob("00_*.dcm")
    files = []
    for kind in (*SYNTAXES, *OTHERS):
        there = sorted(corpus.glob(f"{kind}_*.dcm"))
        files.append(there[0] if there else encode(editable(base), kind, made / f"{kind}.dcm"))
    assert len(files) == 13
    return files


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The bundle's pipeline at full size, and seeded weights."""
    pipeline = BundlePipeline(BUNDLE)
    return pipeline, seeded_weights(pipeline, 0, tmp_path_factory.mktemp("weights"))


def spread(probabilities):
    """Largest difference of a probability between two of the images."""
    return (probabilities.amax(0) - probabilities.amin(0)).max().item()


def test_13_encodings_get_one_answer(run, encodings):
    pipeline, weights = run
    images = pipeline.preprocess(encodings)
    network = pipeline.network(weights)
    answers = pipeline.probabilities(images, network)
    assert spread(answers) <= EQUAL
    wrong = pipeline.probabilities(1 - images[:1], network)  # what a forgotten inversion would show
    assert (wrong - answers[:1]).abs().max() > 10 * EQUAL


@pytest.mark.slow
def test_full_size_exports_agree_on_the_golden_images_and_on_13_encodings(run, encodings):
    pipeline, weights = run
    one = {"batch_size": 1}  # how fast they are is not the question
    exports = export_bundle(BUNDLE, weights=weights, precisions=["fp32", "bf16", "int8"], overrides=one)
    assert {export.status for export in exports.exports} <= {"ok", "skipped"}
    golden = read_golden(BUNDLE / "golden" / "golden.json")
    golden.weights = StoredWeights(sha256=sha256_of(weights))
    (weights.parent / "golden.json").write_text(golden.model_dump_json())
    outcomes = {check.backend: check.outcome for check in check_bundle(BUNDLE, weights=weights)}
    installed = [name for name, runtime in RUNTIMES.items() if runtime.obstacle() is None]
    assert outcomes == {name: "equal" if name in installed else "skipped" for name in RUNTIMES}
    images, network = pipeline.preprocess(encodings), pipeline.network(weights)
    expected = pipeline.probabilities(images, network)
    for name in installed:
        answers = pipeline.probabilities(images, Backend(name=name, network=network, weights=weights))
        assert spread(answers) <= EQUAL, name
        assert (answers - expected).abs().max() <= 1e-4, name
