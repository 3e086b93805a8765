"""Headers of codestreams, read without a decoder."""

import struct

import pytest

from lucency.transforms.codestream import CodestreamHeader, read_codestream_header

START, END, SCAN = b"\xff\xd8", b"\xff\xd9", b"\xff\xda\x00\x02"


def segment(marker, content=b""):
    return bytes((0xFF, marker)) + struct.pack(">H", len(content) + 2) + content


def frame(marker=0xC3, rows=70, columns=66):
    return segment(marker, struct.pack(">BHHB", 12, rows, columns, 1) + b"\x01\x11\x00")


def jpeg2000(rows, columns, offset=0, depth=11):
    size = struct.pack(">H8IHB", 0, columns + offset, rows + offset, offset, offset, 64, 64, 0, 0, 1, depth)
    return b"\xff\x4f" + segment(0x51, size + b"\1\1") + b"\xff\x93" + b"\x00" * 20 + END


@pytest.mark.parametrize(
    ("codestream", "expected"),
    [
        (START + frame() + SCAN + END, CodestreamHeader(70, 66, 1, 12, 0xC3)),
        (START + segment(0xE0, b"JFIF") + frame(0xC0) + segment(0xC4) + SCAN + END, (70, 66, 1, 12, 0xC0)),
        (START + b"\xff\xff" + frame(0xF7) + SCAN + b"\x12\x34" + END + b"\0", (70, 66, 1, 12, 0xF7)),
        (jpeg2000(70, 66), (70, 66, 1, 12, 0x51)),
        (jpeg2000(70, 66, offset=5, depth=0x80 | 15) + b"\xff", (70, 66, 1, 16, 0x51)),
        (b"\0\0\0\x0cjP  \r\n\x87\n" + jpeg2000(70, 66), (70, 66, 1, 12, 0x51)),
    ],
)
def test_the_size_is_found(codestream, expected):
    assert read_codestream_header(codestream) == expected


@pytest.mark.parametrize(
    ("codestream", "reason"),
    [
        (b"", "has no end marker"),
        (START + frame() + SCAN, "has no end marker"),
        (b"RIFF" + END, "neither JPEG nor JPEG 2000"),
        (START + END, "damaged|ends within"),
        (START + frame()[:6] + END, "damaged|ends within"),
        (START + SCAN + END, "0 frame headers"),
        (START + frame() + frame() + SCAN + END, "2 frame headers"),
        (START + b"\xff\x00\x00\x05xxx" + frame() + SCAN + END, "damaged"),
        (START + b"\xff\xe0\x00\x01" + frame() + SCAN + END, "damaged"),
        (jpeg2000(70, 66)[:20] + END, "ends within its header"),
    ],
)
def test_what_is_no_codestream(codestream, reason):
    with pytest.raises(ValueError, match=reason):
        read_codestream_header(codestream)
