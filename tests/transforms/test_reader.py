"""A painted corner stays where it is through the real MONAI chain, for every format and encoding."""

import nibabel
import numpy as np
import pytest
import torch
from monai.bundle import ConfigParser
from monai.data import DataLoader, Dataset, list_data_collate
from monai.transforms import LoadImage, LoadImaged
from PIL import Image

from lucency.transforms import RadiographError, RadiographReader, read_radiograph
from references.dicom_files import LOSSLESS, LOSSY, NATIVE, dataset_of, save

HEIGHT, WIDTH, SIDE = 120, 90, 64
CHAIN = [
    {"_target_": "EnsureChannelFirstd", "keys": "image"},
    {"_target_": "Transposed", "keys": "image", "indices": [0, 2, 1]},
    {"_target_": "ScaleIntensityd", "keys": "image"},
    {"_target_": "Resized", "keys": "image", "spatial_size": SIDE, "size_mode": "longest", "mode": "area"},
    {"_target_": "SpatialPadd", "keys": "image", "spatial_size": [SIDE, SIDE]},
]
LOADERS = {
    "instance": {"reader": {"_target_": "lucency.transforms.RadiographReader"}},
    "dotted name": {"reader": "lucency.transforms.RadiographReader"},
    "with metadata": {"reader": "lucency.transforms.RadiographReader", "image_only": False},
}


def chain(loader="instance"):
    """Build the preprocessing the way a bundle's configuration does."""
    load = {"_target_": "LoadImaged", "keys": "image", **LOADERS[loader]}
    return ConfigParser({"chain": {"_target_": "Compose", "transforms": [load, *CHAIN]}}).get_parsed_content("chain")


def marked():
    """Gray levels of 8 bits: a dark slope with a white corner, top left as it is seen."""
    image = np.linspace(0, 120, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH).astype("u1")
    image[: HEIGHT // 4, : WIDTH // 4] = 255
    return image


def assert_upright(image):
    """The marker is top left, inside the padding that makes the image square."""
    assert image.shape == (1, SIDE, SIDE)
    shown = np.asarray(image)[0]
    width = round(SIDE * WIDTH / HEIGHT)
    left = (SIDE - width) // 2
    assert not shown[:, :left].any()
    assert not shown[:, left + width :].any()
    corner = shown[: SIDE // 4 - 1, left : left + width // 4 - 1]
    assert corner.min() > 0.9
    shown[: SIDE // 4 + 1, left : left + width // 4 + 1] = 0
    assert shown.max() < 0.55
    assert shown[-4:, left : left + width].mean() > 3 * shown[SIDE // 4 + 2 : SIDE // 4 + 6, left : left + width].mean()


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("syntax", NATIVE + LOSSLESS + LOSSY, ids=lambda syntax: syntax.keyword)
def test_dicom(tmp_path, syntax, photometric):
    pixels = 255 - marked() if photometric == "MONOCHROME1" else marked()
    dataset = dataset_of(pixels, 8, PhotometricInterpretation=photometric, WindowCenter=128, WindowWidth=256)
    path = save(dataset, tmp_path / "a.dcm", syntax)
    assert_upright(chain()({"image": str(path)})["image"])


def write_png(path):
    Image.fromarray(marked()).save(path, format="PNG")


def write_jpeg(path):
    Image.fromarray(marked()).save(path, format="JPEG", quality=95)


def write_nifti(path):
    nibabel.save(nibabel.Nifti1Image(marked().T, np.eye(4)), path)


WRITERS = {"a.png": write_png, "a.jpeg": write_jpeg, "a.nii": write_nifti, "a.nii.gz": write_nifti}


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("name", WRITERS)
def test_other_formats(tmp_path, name, loader):
    WRITERS[name](tmp_path / name)
    assert_upright(chain(loader)({"image": str(tmp_path / name)})["image"])


@pytest.mark.parametrize("loader", LOADERS)
def test_a_name_that_lies_changes_nothing(tmp_path, loader):
    write_png(tmp_path / "a.dcm")
    assert_upright(chain(loader)({"image": str(tmp_path / "a.dcm")})["image"])


def test_a_batch_collates_without_the_patient(tmp_path):
    dataset = dataset_of(marked(), 8, PatientName="Doe^Jane", PatientID="4711")
    files = [save(dataset, tmp_path / name) for name in ("a.dcm", "b.dcm")]
    data = Dataset([{"image": str(file)} for file in files], chain())
    batch = next(iter(DataLoader(data, batch_size=2, collate_fn=list_data_collate)))["image"]
    assert batch.shape == (2, 1, SIDE, SIDE)
    assert batch.dtype == torch.float32
    assert "Doe" not in str(batch.meta)
    assert "4711" not in str(batch.meta)


def test_the_reader_hands_over_columns_by_rows(tmp_path):
    write_png(tmp_path / "a.png")
    image, meta = LoadImage(reader=RadiographReader(), image_only=False)(tmp_path / "a.png")
    np.testing.assert_array_equal(np.asarray(image).T, read_radiograph(tmp_path / "a.png"))
    assert meta["spatial_shape"].tolist() == [WIDTH, HEIGHT]


def test_suffixes():
    reader = RadiographReader()
    assert all(map(reader.verify_suffix, ["a.dcm", "B.DCM", "a.png", "a.jpg", "a.jpeg", "a.nii", "a.nii.gz", "IM0001"]))
    assert reader.verify_suffix(["a.dcm", "1.2.826.0.1"])
    assert not any(map(reader.verify_suffix, ["a.npy", "a.nrrd", "a.tiff", ["a.dcm", "a.csv"]]))


@pytest.mark.parametrize("loader", LOADERS)
def test_monai_lets_the_error_through(tmp_path, loader):
    path = tmp_path / "a.dcm"
    path.write_bytes(b"no image")
    with pytest.raises(RadiographError, match="neither DICOM"):
        LoadImaged(keys="image", reader=RadiographReader())({"image": path})
    with pytest.raises(RuntimeError, match="applying transform") as caught:
        chain(loader)({"image": str(path)})
    causes, error = [], caught.value
    while error is not None:
        causes.append(type(error))
        error = error.__cause__
    assert RadiographError in causes


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"PatientID,Finding\n", "neither DICOM, PNG, JPEG nor NIfTI"),
        (b"\x08\0\5\0\x0a\0\0\0ISO_IR 100", "(0002,0010) TransferSyntaxUID: is missing"),
        (b"\0" * 128 + b"DICM", "(0002,0010) TransferSyntaxUID: is missing"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "begins like a PNG or JPEG but is none"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 40, "begins like a PNG or JPEG but is none"),
        (b"\x1f\x8b" + b"\0" * 40, "cannot be read as NIfTI"),
    ],
)
def test_a_file_that_holds_nothing_of_use(tmp_path, content, reason):
    path = tmp_path / "a.dcm"
    path.write_bytes(content)
    with pytest.raises(RadiographError) as caught:
        read_radiograph(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert reason in str(caught.value)


def test_what_is_no_file(tmp_path):
    with pytest.raises(RadiographError, match="is no file"):
        read_radiograph(tmp_path)
    with pytest.raises(RadiographError, match="No such file"):
        read_radiograph(tmp_path / "absent.dcm")


def test_several_files_for_one_image_are_refused(tmp_path):
    write_png(tmp_path / "a.png")
    with pytest.raises(RadiographError, match="2 files for one image"):
        LoadImage(reader=RadiographReader())([tmp_path / "a.png", tmp_path / "a.png"])


class Bare(torch.utils.data.Dataset):
    """A data set outside MONAI, whose worker process meets a bad file."""

    def __init__(self, path):
        self.path = path

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return read_radiograph(self.path)


def test_the_error_leaves_a_worker_process_as_itself(tmp_path):
    (tmp_path / "a.dcm").write_bytes(b"no image")
    with pytest.raises(RadiographError, match="neither DICOM"):
        next(iter(torch.utils.data.DataLoader(Bare(tmp_path / "a.dcm"), num_workers=1)))
