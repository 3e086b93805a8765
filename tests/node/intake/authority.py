"""A certificate authority made by openssl, for tests of TLS."""

import shutil
import subprocess
from pathlib import Path

import pytest


class Authority:
    """Makes certificates in a folder: NAME.crt and NAME.key, and its own, ca.crt."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("openssl") is None:
            pytest.skip("openssl is not installed")
        folder.mkdir(exist_ok=True)
        self.folder = folder
        self._openssl(*_REQUEST, "-x509", "-days", "2", "-subj", "/CN=test CA", "-keyout", "ca.key", "-out", "ca.crt")

    def certificate(self, name: str) -> tuple[Path, Path]:
        self._openssl(*_REQUEST, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        issuer = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial")
        self._openssl("x509", "-req", "-in", f"{name}.csr", *issuer, "-days", "2", "-out", f"{name}.crt")
        return self.folder / f"{name}.crt", self.folder / f"{name}.key"

    def settings(self, name: str) -> dict[str, Path]:
        certificate, key = self.certificate(name)
        return {"tls_cert": certificate, "tls_key": key, "tls_ca": self.folder / "ca.crt"}

    def _openssl(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True)


_REQUEST = ("req", "-newkey", "rsa:2048", "-nodes")
