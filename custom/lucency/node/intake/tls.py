"""TLS as PS3.15 asks for by its BCP 195 profile: version 1.2 or later, forward secrecy, certificates on both sides."""

import ssl
from pathlib import Path

from ...errors import ConfigError, one_line
from ..settings import NodeSettings

CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
"""Those of TLS 1.2 that RFC 9325 (BCP 195) recommends, and ChaCha20; TLS 1.3 has only good ones."""


def server_context(settings: NodeSettings) -> ssl.SSLContext | None:
    """What peers that call us must offer; ``None`` if TLS is not set up.

    Raises:
        ConfigError: a PEM file is missing, is none, or does not fit the others.
    """
    if settings.tls_cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE | ssl.OP_NO_RENEGOTIATION
    return _equipped(context, settings)


def client_context(settings: NodeSettings) -> ssl.SSLContext | None:
    """What we offer the PACS; ``None`` if TLS is not set up, or the PACS is spoken to without.

    The PACS must show a certificate of the hospital's CA; its name is not compared, because DICOM peers are configured
    by AE title and address, which certificates seldom hold.

    Raises:
        ConfigError: a PEM file is missing, is none, or does not fit the others.
    """
    if settings.tls_cert is None or settings.pacs_plain:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    return _equipped(context, settings)


def _equipped(context: ssl.SSLContext, settings: NodeSettings) -> ssl.SSLContext:
    if settings.tls_cert is None or settings.tls_key is None or settings.tls_ca is None:
        raise ConfigError("TLS needs all three of tls_cert, tls_key and tls_ca; give them")
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_COMPRESSION
    context.verify_mode = ssl.CERT_REQUIRED
    _check("tls_cert", settings.tls_cert, b"CERTIFICATE-----")
    _check("tls_key", settings.tls_key, b"PRIVATE KEY-----")
    _check("tls_ca", settings.tls_ca, b"CERTIFICATE-----")
    try:
        # an encrypted key must not make a service wait for somebody to type
        context.load_cert_chain(settings.tls_cert, settings.tls_key, password="")
    except (ssl.SSLError, OSError, ValueError) as error:
        if getattr(error, "reason", None) == "KEY_VALUES_MISMATCH":
            raise ConfigError(f"tls_key: {settings.tls_key}: does not belong to {settings.tls_cert}") from error
        raise ConfigError(
            f"tls_cert, tls_key: {settings.tls_cert}, {settings.tls_key}: cannot be loaded ({_short(error)}); "
            "give a certificate and its key, unencrypted, in PEM"
        ) from error
    try:
        context.load_verify_locations(settings.tls_ca)
    except (ssl.SSLError, OSError, ValueError) as error:
        raise ConfigError(f"tls_ca: {settings.tls_ca}: cannot be loaded ({_short(error)}); give it in PEM") from error
    return context


def _check(key: str, file: Path, mark: bytes) -> None:
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{key}: {file}: cannot be read ({error.strerror}); give a PEM file") from error
    if mark not in content:
        what = mark.strip(b"-").decode().lower()
        raise ConfigError(f"{key}: {file}: holds no {what} in PEM; convert it with openssl")


def _short(error: BaseException) -> str:
    return str(getattr(error, "reason", None) or one_line(str(error)))
