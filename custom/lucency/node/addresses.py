"""How applications are found: AE titles, hosts and ports, as people write them."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

_TITLE = re.compile(r"(?! )[ -\[\]-~]{1,16}(?<! )")
_PEER = re.compile(r"(?P<aet>[^@]{1,16})@(?P<host>\[[^\]]+\]|[^:@]+):(?P<port>\d{1,5})")
_ADDRESS = re.compile(r"(?P<host>\[[^\]]+\]|[^:@]+):(?P<port>\d{1,5})")


def _is_title(text: str) -> str:
    if _TITLE.fullmatch(text) is None:
        raise ValueError(f"{text!r} is no AE title; use 1 to 16 ASCII characters, no backslash, no space at the ends")
    return text


Title = Annotated[str, AfterValidator(_is_title)]
"""An AE title (PS3.5 6.2)."""


class Address(BaseModel):
    """Host and port, written ``127.0.0.1:11112`` or ``[::1]:11112``; port 0 takes a free one.

    Example:
        >>> Address.model_validate("127.0.0.1:11112").port
        11112
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    host: str
    port: int = Field(ge=0, le=65535)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, data: Any) -> Any:
        return _parsed(_ADDRESS, data, "write HOST:PORT")

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host in ("localhost", "::1") or self.host.startswith("127.")


class Peer(Address):
    """A DICOM application: ``PACS@127.0.0.1:4242``.

    Example:
        >>> Peer.model_validate("PACS@127.0.0.1:4242").aet
        'PACS'
    """

    aet: Title

    def __str__(self) -> str:
        return f"{self.aet}@{super().__str__()}"

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, data: Any) -> Any:
        return _parsed(_PEER, data, "write AET@HOST:PORT")


def _parsed(pattern: re.Pattern[str], data: Any, mend: str) -> Any:
    if not isinstance(data, str):
        return data
    if (match := pattern.fullmatch(data)) is None:
        raise ValueError(mend)
    return match.groupdict() | {"host": match["host"].strip("[]")}
