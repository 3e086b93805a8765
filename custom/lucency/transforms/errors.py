"""The error of a file that is no readable radiograph."""

from pathlib import Path

from ..errors import LucencyError


class RadiographError(LucencyError):
    """A file that cannot be read as one grayscale image.

    Its text is one line: file, DICOM attribute where one is to blame, reason. It survives the way out of a data-loading
    worker, where PyTorch rebuilds an exception from its text alone.

    Args:
        path: the file.
        reason: what is wrong with it, and the mend where there is one.
        tag: DICOM attribute as ``(gggg,eeee) Keyword``; empty for other formats.

    Attributes:
        path: the file, as text.
        tag: the DICOM attribute, or empty.
        reason: what is wrong.

    Example:
        >>> error = RadiographError("a.dcm", "96 frames; only single images are read", "(0028,0008) NumberOfFrames")
        >>> str(error)
        'a.dcm: (0028,0008) NumberOfFrames: 96 frames; only single images are read'
        >>> error.tag
        '(0028,0008) NumberOfFrames'
    """

    def __init__(self, path: str | Path, reason: str = "", tag: str = "") -> None:
        self.path = str(path)
        self.tag = tag
        self.reason = " ".join(reason.split())
        super().__init__(": ".join(part for part in (self.path, self.tag, self.reason) if part))
