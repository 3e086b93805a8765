"""NIfTI: one slice, first axis along the rows, upright where the affine says it is coronal."""

import nibabel
import numpy as np
import pytest

from lucency.transforms import RadiographError, read_radiograph

UPRIGHT = np.arange(20, dtype=np.int16).reshape(4, 5) * 50 - 200
LEVELS = np.linspace(0, 1, 20).reshape(4, 5)


def coronal(x, z):
    """Affine of a slice whose first and third voxel axes run to the given sides."""
    return np.diag([{"R": 1, "L": -1}[x], 1, {"S": 1, "I": -1}[z], 1]).astype(float)


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz", "named_otherwise"])
@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 1), (5, 4, 1, 1)])
def test_the_voxel_array_is_columns_by_rows(tmp_path, name, kind, shape):
    image = kind(UPRIGHT.T.reshape(shape), np.eye(4))
    if name == "named_otherwise":
        (tmp_path / name).write_bytes(image.to_bytes())
    else:
        nibabel.save(image, tmp_path / name)
    np.testing.assert_allclose(read_radiograph(tmp_path / name), LEVELS, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.float32, np.float64])
def test_any_number_is_scaled_by_its_range(tmp_path, dtype):
    values = (UPRIGHT + 200) // 4
    nibabel.save(nibabel.Nifti1Image(values.T.astype(dtype), np.eye(4), dtype=dtype), tmp_path / "a.nii")
    expected = values / values.max()
    np.testing.assert_allclose(read_radiograph(tmp_path / "a.nii"), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("affine", "stored"),
    [
        (coronal("L", "I"), UPRIGHT),
        (coronal("R", "I"), UPRIGHT[:, ::-1]),
        (coronal("L", "S"), UPRIGHT[::-1]),
        (coronal("R", "S"), UPRIGHT[::-1, ::-1]),
    ],
    ids=["LI", "RI", "LS", "RS"],
)
def test_a_coronal_affine_is_undone(tmp_path, affine, stored):
    nibabel.save(nibabel.Nifti1Image(stored.T[:, None, :], affine), tmp_path / "a.nii")
    np.testing.assert_allclose(read_radiograph(tmp_path / "a.nii"), LEVELS, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    ("voxels", "reason"),
    [
        (np.zeros((5, 4, 3), np.int16), r"shape \(5, 4, 3\); only a single slice"),
        (np.zeros((5, 4, 1, 2), np.int16), "only a single slice"),
        (np.array([[0, np.nan], [1, 2]], np.float32), "not finite"),
        (np.array([[0, np.inf], [1, 2]], np.float32), "not finite"),
        (np.full((5, 4), 7, np.int16), "constant image"),
        (np.ones((5, 4), np.complex64), "voxels of kind complex64"),
        (np.zeros((5, 4, 1), [("R", "u1"), ("G", "u1"), ("B", "u1")]), "voxels of kind"),
    ],
)
def test_what_is_no_slice_of_grays(tmp_path, voxels, reason):
    nibabel.save(nibabel.Nifti1Image(voxels, np.eye(4)), tmp_path / "a.nii")
    with pytest.raises(RadiographError, match=reason):
        read_radiograph(tmp_path / "a.nii")


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
def test_a_truncated_file_is_refused(tmp_path, name):
    path = tmp_path / name
    nibabel.save(nibabel.Nifti1Image(np.random.default_rng(0).normal(size=(50, 40)), np.eye(4)), path)
    whole = path.read_bytes()
    for length in range(3, len(whole) - 8, len(whole) // 17):
        path.write_bytes(whole[:length])
        with pytest.raises(RadiographError):
            read_radiograph(path)


def test_a_header_that_promises_too_much_is_refused(tmp_path):
    header = nibabel.Nifti1Header()
    header.set_data_shape((30000, 30000))
    (tmp_path / "a.nii").write_bytes(header.binaryblock + b"\0" * 100)
    with pytest.raises(RadiographError, match="larger than any radiograph"):
        read_radiograph(tmp_path / "a.nii")
