"""PNG and JPEG: grey in every disguise, colour and damage refused."""

import numpy as np
import pytest
from PIL import Image, ImageFile

from lucency.transforms import RadiographError, read_radiograph

GRAY = (np.arange(48 * 40) % 256).astype(np.uint8).reshape(48, 40)


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P"])
def test_gray_in_disguise(tmp_path, mode):
    image = Image.fromarray(GRAY)
    if mode == "P":
        image.putpalette([level for level in range(256) for _ in range(3)])
    else:
        image = image.convert(mode)
    image.save(tmp_path / "a.png")
    np.testing.assert_allclose(read_radiograph(tmp_path / "a.png"), GRAY / 255, rtol=0, atol=1e-7)


def test_sixteen_bits_and_one_bit(tmp_path):
    deep = GRAY.astype(np.uint16) * 257 - (GRAY > 100)
    Image.fromarray(deep).save(tmp_path / "deep.png")
    np.testing.assert_allclose(read_radiograph(tmp_path / "deep.png"), deep / 65535, rtol=0, atol=1e-7)
    Image.fromarray(GRAY > 100).save(tmp_path / "flat.png")
    np.testing.assert_array_equal(read_radiograph(tmp_path / "flat.png"), (GRAY > 100).astype(np.float32))


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpeg(tmp_path, mode):
    smooth = np.outer(np.linspace(0, 255, 64), np.linspace(0.2, 1, 48)).astype(np.uint8)
    Image.fromarray(smooth).convert(mode).save(tmp_path / "a.jpg", quality=95)
    np.testing.assert_allclose(read_radiograph(tmp_path / "a.jpg"), smooth / 255, rtol=0, atol=0.02)


def test_exif_orientation_is_obeyed(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: rotate by 90 degrees clockwise to see it upright
    Image.fromarray(GRAY).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_allclose(read_radiograph(tmp_path / "a.png"), np.rot90(GRAY, -1) / 255, rtol=0, atol=1e-7)


def colour():
    return Image.fromarray(np.stack([GRAY, GRAY, 255 - GRAY], axis=-1))


def translucent():
    return Image.merge("LA", [Image.fromarray(GRAY), Image.new("L", (40, 48), 200)])


@pytest.mark.parametrize(
    ("image", "name", "reason"),
    [
        (colour(), "a.png", "is a colour image"),
        (colour(), "a.jpg", "is a colour image"),
        (colour().convert("CMYK"), "a.jpg", "pixels of kind CMYK"),
        (colour().convert("P"), "a.png", "is a colour image"),
        (translucent(), "a.png", "has transparent pixels"),
        (Image.new("L", (30, 20), 7), "a.png", "constant image"),
        (Image.new("1", (10001, 10000)), "a.png", "more than any radiograph"),
    ],
)
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_what_is_no_gray_image(tmp_path, image, name, reason):
    image.save(tmp_path / name)
    with pytest.raises(RadiographError, match=reason):
        read_radiograph(tmp_path / name)


@pytest.mark.parametrize("forgiving", [False, True])
@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_a_truncated_file_is_refused_even_where_pillow_is_told_to_forgive(tmp_path, monkeypatch, name, forgiving):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", forgiving)
    path = tmp_path / name
    Image.fromarray(GRAY).save(path)
    whole = path.read_bytes()
    for length in range(12, len(whole) - 8, len(whole) // 17):
        path.write_bytes(whole[:length])
        with pytest.raises(RadiographError):
            read_radiograph(path)


def test_junk_that_begins_like_a_png_is_refused_in_the_same_words_every_time(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(RadiographError, match=r"a\.png: begins like a PNG or JPEG but is none"):
        read_radiograph(tmp_path / "a.png")


def test_a_damaged_png_is_refused(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(GRAY).save(path)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(RadiographError, match="cannot be read as PNG"):
        read_radiograph(path)
