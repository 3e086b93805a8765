"""TLS both ways with dcmtk: certificates of the hospital's CA get in and are spoken to, all others are not."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from lucency.node.jobs import State
from node.ports import free_port, wait_until
from node.promises.modality import TAKEN, Modality

STORESCP = Path("/usr/bin/storescp")


def openssl(*arguments, cwd):
    done = subprocess.run(["openssl", *arguments], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Folder with NAME.key and NAME.pem of node, modality and PACS by one CA, and of a stranger by another."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl not found: no certificates can be made; apt-get install openssl")
    folder = tmp_path_factory.mktemp("certificates")
    key = ("-newkey", "rsa:2048", "-nodes")
    for authority, names in {"ca": ("node", "modality", "pacs"), "other-ca": ("stranger",)}.items():
        files = ("-keyout", f"{authority}.key", "-out", f"{authority}.pem")
        openssl("req", "-x509", *key, *files, "-days", "2", "-subj", f"/CN={authority}", cwd=folder)
        for name in names:
            openssl("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}", cwd=folder)
            signed = ("-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-CAcreateserial", "-days", "2")
            openssl("x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.pem", cwd=folder)
    return folder


def identity_of(folder, name, authority="ca"):
    """Options of dcmtk."""
    return ["+tls", str(folder / f"{name}.key"), str(folder / f"{name}.pem"), "+cf", str(folder / f"{authority}.pem")]


@pytest.fixture(scope="module")
def pacs(certificates, tmp_path_factory):
    """storescp with TLS: its port, and the folder of what it has received."""
    if not STORESCP.is_file():
        pytest.skip("dcmtk not found: no /usr/bin/storescp; apt-get install dcmtk")
    port, folder = free_port(), tmp_path_factory.mktemp("pacs")
    options = identity_of(certificates, "pacs")
    process = subprocess.Popen(
        [STORESCP, "-aet", "TLSPACS", "-od", str(folder), *options, str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(0.5)
    assert process.poll() is None
    yield port, folder
    process.terminate()
    process.wait(10)


@pytest.fixture(scope="module")
def secure(make_node, certificates, pacs):
    """A node that speaks TLS alone."""
    return make_node(
        pacs=f"TLSPACS@127.0.0.1:{pacs[0]}",
        tls_cert=certificates / "node.pem",
        tls_key=certificates / "node.key",
        tls_ca=certificates / "ca.pem",
    ).start()


def test_tls_in_and_out(secure, certificates, pacs, radiographs):
    modality = Modality(secure.port, options=identity_of(certificates, "modality"))
    assert modality.echo()
    images = [radiographs.frontal() for _ in range(2)]
    assert modality.send(*images) == [TAKEN] * 2
    assert {job.state for job in secure.settled(*images)} == {State.SENT}
    assert len(list(pacs[1].iterdir())) == 2


@pytest.mark.parametrize("who", ["without TLS", "without a certificate", "a certificate of another CA"])
def test_others_are_refused(secure, certificates, radiographs, who):
    options = {
        "without TLS": [],
        "without a certificate": ["+tla", "+cf", str(certificates / "ca.pem")],
        "a certificate of another CA": identity_of(certificates, "stranger"),
    }[who]
    image, stranger = radiographs.frontal(), Modality(secure.port, options=options)
    assert not stranger.echo()
    assert stranger.send(image) == [""]
    assert not secure.jobs_of([image])[image]
    assert Modality(secure.port, options=identity_of(certificates, "modality")).echo()


def test_a_modality_need_not_trust_a_node_of_another_authority(secure, certificates):
    assert not Modality(secure.port, options=identity_of(certificates, "modality", "other-ca")).echo()


def test_a_pacs_of_another_authority_gets_nothing(make_node, secure, certificates, radiographs, tmp_path):
    """The courier speaks TLS with whoever has a certificate of the CA alone."""
    from lucency.node.delivery.answer import Outcome, Outgoing
    from lucency.node.delivery.destination import destination_of
    from lucency.node.intake.part10 import Identity

    port, received = free_port(), tmp_path / "received"
    received.mkdir()
    options = identity_of(certificates, "stranger", "other-ca")
    process = subprocess.Popen([STORESCP, "-od", received, *options, str(port)], stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.5)
        image = radiographs.frontal()
        settings = secure.settings.model_copy(update={"pacs": f"OTHER@127.0.0.1:{port}"})
        file = Outgoing(image, Identity("1.2.840.10008.5.1.4.1.1.1.1", "1.2.3", "1.2.840.10008.1.2.1"))
        with destination_of(settings).session([file]) as session:
            assert session.send(file).outcome is Outcome.UNREACHABLE
        assert not list(received.iterdir())
    finally:
        process.terminate()
        process.wait(10)


def test_the_port_talks_on_after_all_that(secure, certificates):
    wait_until(Modality(secure.port, options=identity_of(certificates, "modality")).echo, 10, "an echo")
