"""Small archives in the form of Open-I's reports."""

import io
import tarfile


def report(number, headings=("normal",), images=1, opening='<?xml version="1.0" encoding="utf-8"?>'):
    """Text of one report."""
    majors = "".join(f"<major>{heading}</major>" for heading in headings)
    pictures = "".join(f'<parentImage id="CXR{number}_IM-0001-{view}001"/>' for view in range(1, images + 1))
    return f'{opening}<eCitation><uId id="CXR{number}"/><MeSH>{majors}</MeSH>{pictures}</eCitation>'


def archive_of(path, reports):
    """A tar of reports by their file names."""
    with tarfile.open(path, "w:gz") as archive:
        for name, text in reports.items():
            content = text if isinstance(text, bytes) else text.encode()
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path
