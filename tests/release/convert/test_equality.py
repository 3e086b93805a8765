"""A converted bundle answers as its original with the original's own preprocessing does."""

import tarfile

import pytest
import torch

from lucency.inference.site_file import read_site
from lucency.transforms import read_radiograph
from references import chexnet as chexnet_reference
from references import torchxrayvision_model as torchxrayvision_reference

pytestmark = pytest.mark.slow

BOUND = 1e-5  # in probability
DICOM = ["CR-MONO1-10-chest.dcm", "siim_8323329.6904_jpegbaseline.dcm"]


@pytest.fixture(scope="session")
def real(real_data, tmp_path_factory):
    """Radiographs of three hospitals, PNG and DICOM."""
    folder = tmp_path_factory.mktemp("real")
    for archive, count in (("nih_cxr14_subset", 2), ("hannover_covid_cxr", 1)):
        with tarfile.open(real_data / archive / "images_320.tar") as tar:
            images = [member for member in tar.getmembers() if member.isfile()]
            for member in images[:: len(images) // count][:count]:
                tar.extract(member, folder, filter="data")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    assert len(files) == 3
    return files + [real_data / "dicom_corpus" / "cxr" / name for name in DICOM]


@pytest.fixture(params=["synthetic", "real"])
def files(request):
    return request.getfixturevalue(request.param)


def original_answers(network, files, prepare):
    with torch.inference_mode():
        return network(torch.stack([prepare(read_radiograph(file)) for file in files]))


def assert_equal(ours, theirs):
    assert theirs.std(dim=0).min() > 100 * BOUND, "the images are alike to the original: the test could not fail"
    assert ((theirs > 0.01) & (theirs < 0.99)).float().mean() > 0.5
    assert (ours - theirs).abs().max() <= BOUND


def test_torchxrayvision(torchxrayvision, files, probabilities):
    thresholds = torchxrayvision.network.op_threshs
    trained = ~thresholds.isnan()
    ours = probabilities(torchxrayvision.folder, files)
    normed = original_answers(torchxrayvision.network, files, torchxrayvision_reference.prepare)[:, trained]
    assert_equal(torchxrayvision_reference.op_norm(ours, thresholds[trained]), normed)

    site = read_site(torchxrayvision.folder / "site.yaml")
    cuts = torch.tensor([point.threshold for point in site.operating_points.values()])
    clear = (normed - 0.5).abs() > BOUND / cuts.clamp(max=1 - cuts)
    assert clear.float().mean() > 0.9
    assert torch.equal((ours >= cuts)[clear], (normed >= 0.5)[clear])


@pytest.mark.parametrize("variant", ["folder", "wide"])
def test_chexnet(chexnet, files, probabilities, variant):
    shorter_side = {"folder": 224, "wide": 256}[variant]
    ours = probabilities(getattr(chexnet, variant), files)
    theirs = original_answers(chexnet.network, files, lambda x: chexnet_reference.prepare(x, shorter_side))
    assert_equal(ours, theirs)
