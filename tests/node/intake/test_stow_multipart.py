"""Multipart bodies as clients send them, and as they should not."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lucency.node.intake.multipart import Multipart, MultipartError, TooLongError


class Trickle(BytesIO):
    """A stream that gives a few bytes at a time."""

    def __init__(self, content: bytes, most: int) -> None:
        super().__init__(content)
        self.most = most

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(self.most, self.most if size is None or size < 0 else size))


def parts(body: bytes, boundary: str = "b", limit: int = 10**9, most: int = 10**9) -> list[bytes]:
    content_type = f"multipart/related; boundary={boundary}"
    return [b"".join(chunks) for _, chunks in Multipart(Trickle(body, most), content_type, limit)]


def encoded(contents: list[bytes], boundary: bytes = b"b") -> bytes:
    head = b"--" + boundary + b"\r\nContent-Type: application/dicom\r\n\r\n"
    return b"".join(head + content + b"\r\n" for content in contents) + b"--" + boundary + b"--\r\n"


@given(
    st.lists(st.binary(max_size=40) | st.sampled_from([b"\r\n", b"\r\n--", b"\r\n-", b"--a\r\n"]), min_size=1),
    st.integers(1, 30),
)
def test_contents_come_back_however_the_stream_is_cut(contents: list[bytes], most: int) -> None:
    boundary = b"no-content-has-this"
    assert parts(encoded(contents, boundary), boundary.decode(), most=most) == contents


@pytest.mark.parametrize("boundary", ["0", "a b", "x" * 70, "'()+_,-./:=?", "----WebKitFormBoundary7MA4YWxk"])
def test_boundaries_of_all_allowed_characters(boundary: str) -> None:
    assert parts(encoded([b"1", b"2"], boundary.encode()), f'"{boundary}"') == [b"1", b"2"]


def test_preamble_epilogue_padding_and_parts_without_headers_are_heeded() -> None:
    body = b"preamble\r\n--b \t\r\n\r\nfirst\r\n--b\r\nX: y\r\n\r\nsecond\r\n--b--\r\nepilogue --b\r\n"
    assert parts(body) == [b"first", b"second"]


def test_parts_that_are_not_read_are_passed_over() -> None:
    multipart = Multipart(BytesIO(encoded([b"1" * 200_000, b"2"])), "multipart/related; boundary=b", 10**6)
    assert [headers.get_content_type() for headers, _ in multipart] == ["application/dicom"] * 2


@pytest.mark.parametrize("cut", [1, 4, 5, 6, 9, 30])
def test_a_body_without_its_end_is_an_error_after_the_whole_parts(cut: int) -> None:
    body = encoded([b"whole", b"half of this"])
    got: list[bytes] = []

    def read() -> None:
        for _, chunks in Multipart(BytesIO(body[: -2 - cut]), "multipart/related; boundary=b", 10**6):
            got.append(b"".join(chunks))

    with pytest.raises(MultipartError, match="ends before its closing boundary"):
        read()
    assert got in ([b"whole"], [b"whole", b"half of this"])
    assert (len(got) == 2) == (cut <= 2)  # the second part is known to be whole where its boundary is complete


@pytest.mark.parametrize("body", [b"", b"nothing", b"--", b"--b", b"--b\r\n", b"--c\r\n\r\nx\r\n--c--"])
def test_bodies_without_parts(body: bytes) -> None:
    with pytest.raises(MultipartError):
        parts(body)


def test_a_longer_boundary_and_endless_headers_are_errors() -> None:
    with pytest.raises(MultipartError, match="followed by something else"):
        parts(b"--bb\r\n\r\nx\r\n--b--")
    with pytest.raises(MultipartError, match="headers of a part"):
        parts(b"--b\r\nX: " + b"y" * 100_000)


def test_a_body_may_be_just_as_long_as_the_limit() -> None:
    body = encoded([b"x" * 1000])
    assert parts(body, limit=len(body)) == [b"x" * 1000]
    with pytest.raises(TooLongError):
        parts(body, limit=len(body) - 1)


@pytest.mark.parametrize("content_type", ["", "multipart/related", "multipart/related; boundary=", "x; boundary=é"])
def test_a_content_type_without_a_boundary(content_type: str) -> None:
    with pytest.raises(MultipartError, match="names no boundary"):
        Multipart(BytesIO(), content_type, 10)
