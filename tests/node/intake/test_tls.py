"""TLS at the DICOM door: only peers with a certificate of our CA come in."""

import socket
import ssl
import warnings
from pathlib import Path

import pytest
from pynetdicom import AE

from lucency.errors import ConfigError
from lucency.node.intake import client_context, server_context
from node.intake.authority import Authority
from node.intake.intake_parts import QUEUED, radiograph, settings_of, states
from node.intake.served import HASTY, Served, ServedMaker, acceptors, associated, dcmtk
from node.ports import wait_until


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def node_files(authority: Authority) -> dict[str, Path]:
    return authority.settings("node")


@pytest.fixture(scope="module")
def modality(authority: Authority) -> tuple[str, ...]:
    """Options of dcmtk for a peer with a certificate."""
    certificate, key = authority.certificate("modality")
    return ("+tls", str(key), str(certificate), "+cf", str(authority.folder / "ca.crt"))


@pytest.fixture
def served(make_served: ServedMaker, node_files: dict[str, Path]) -> Served:
    return make_served(**node_files)


def test_peer_with_certificate_stores(served: Served, modality: tuple[str, ...], tmp_path: Path) -> None:
    file = radiograph(tmp_path / "a.dcm", kilobytes=300)
    assert "Success" in dcmtk("storescu", served.port, *modality, [file]).stderr
    assert dcmtk("echoscu", served.port, *modality).returncode == 0
    assert states(served.queue) == QUEUED
    assert served.metrics.alerts == []


def test_plain_peer_is_refused(served: Served) -> None:
    assert not associated(served.port).is_established
    wait_until(lambda: served.metrics.alerts == ["tls"])


def test_peer_without_certificate_is_refused(served: Served, authority: Authority) -> None:
    assert dcmtk("echoscu", served.port, "+tla", "+cf", authority.folder / "ca.crt").returncode != 0
    wait_until(lambda: served.metrics.alerts == ["tls"])


def test_certificate_of_another_authority_is_refused(served: Served, authority: Authority, tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path / "other").certificate("stranger")
    options = ("+tls", key, certificate, "+cf", authority.folder / "ca.crt")
    assert dcmtk("echoscu", served.port, *options).returncode != 0
    wait_until(lambda: served.metrics.alerts == ["tls"])


@pytest.mark.parametrize(
    ("limit", "ciphers"),
    [(ssl.TLSVersion.TLSv1_1, "ALL:@SECLEVEL=0"), (ssl.TLSVersion.TLSv1_2, "AES128-SHA:ECDHE-RSA-AES128-SHA")],
)
def test_old_versions_and_ciphers_are_refused(
    served: Served, node_files: dict[str, Path], limit: ssl.TLSVersion, ciphers: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.load_cert_chain(node_files["tls_cert"], node_files["tls_key"])
    context.set_ciphers(ciphers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # that is the point
        context.minimum_version = context.maximum_version = limit
    with pytest.raises((ssl.SSLError, ConnectionError)), context.wrap_socket(served.connect()) as connection:
        connection.recv(1)


def test_silent_peers_do_not_hold_up_others(
    make_served: ServedMaker, node_files: dict[str, Path], modality: tuple[str, ...]
) -> None:
    served = make_served(patience=HASTY, **node_files)
    silent = [served.connect(start) for start in (b"", b"\x16\x03\x01") for _ in range(20)]
    wait_until(lambda: dcmtk("echoscu", served.port, *modality).returncode == 0, 5)
    wait_until(lambda: acceptors() == 0)
    for connection in silent:
        connection.close()


def test_client_context_speaks_to_a_server_of_ours(served: Served, authority: Authority, tmp_path: Path) -> None:
    context = client_context(settings_of(tmp_path, **authority.settings("courier")))
    assert context is not None
    entity = AE("CR1")
    entity.add_requested_context("1.2.840.10008.1.1")
    association = entity.associate("127.0.0.1", served.port, ae_title="NODE", tls_args=(context, "NODE"))
    assert association.send_c_echo().Status == 0
    association.release()


def test_client_refuses_a_pacs_of_another_authority(
    make_served: ServedMaker, authority: Authority, tmp_path: Path
) -> None:
    context = client_context(settings_of(tmp_path, **authority.settings("courier")))
    stranger = make_served(**Authority(tmp_path / "other").settings("pacs"))
    assert context is not None
    with pytest.raises(ssl.SSLCertVerificationError):
        context.wrap_socket(socket.create_connection(("127.0.0.1", stranger.port), timeout=5))


def test_no_tls_unless_set(tmp_path: Path, node_files: dict[str, Path]) -> None:
    plain = settings_of(tmp_path)
    assert server_context(plain) is client_context(plain) is None
    assert client_context(settings_of(tmp_path, pacs_plain=True, **node_files)) is None


@pytest.mark.parametrize(
    ("key", "content", "message"),
    [
        ("tls_cert", None, "cannot be read (No such file or directory)"),
        ("tls_key", None, "cannot be read (No such file or directory)"),
        ("tls_ca", b"no PEM", "holds no certificate in PEM"),
        ("tls_key", b"-----BEGIN CERTIFICATE-----", "holds no private key in PEM"),
        ("tls_cert", b"-----BEGIN CERTIFICATE-----\nbad\n-----END CERTIFICATE-----\n", "cannot be loaded"),
        ("tls_ca", b"-----BEGIN CERTIFICATE-----\nbad\n-----END CERTIFICATE-----\n", "cannot be loaded"),
    ],
)
def test_bad_files_are_one_line(
    tmp_path: Path, node_files: dict[str, Path], key: str, content: bytes | None, message: str
) -> None:
    bad = tmp_path / "bad.pem"
    if content is not None:
        bad.write_bytes(content)
    settings = settings_of(tmp_path, **node_files | {key: bad})
    for context in (server_context, client_context):
        with pytest.raises(ConfigError) as error:
            context(settings)
        assert message in str(error.value)
        assert key in str(error.value)
        assert str(bad) in str(error.value)
        assert "\n" not in str(error.value)


def test_key_of_another_certificate(tmp_path: Path, authority: Authority, node_files: dict[str, Path]) -> None:
    _, key = authority.certificate("another")
    with pytest.raises(ConfigError, match=r"^tls_key: .*another\.key: does not belong to .*node\.crt"):
        server_context(settings_of(tmp_path, **node_files | {"tls_key": key}))


def test_encrypted_key_does_not_ask_for_its_password(
    tmp_path: Path, authority: Authority, node_files: dict[str, Path]
) -> None:
    encrypted = tmp_path / "encrypted.key"
    authority._openssl(
        "pkey", "-in", str(node_files["tls_key"]), "-aes256", "-passout", "pass:x", "-out", str(encrypted)
    )
    with pytest.raises(ConfigError, match="unencrypted"):
        server_context(settings_of(tmp_path, **node_files | {"tls_key": encrypted}))
