"""Strangers, port scanners, peers that fall silent or stop in the middle: none gets in, none holds others up."""

import socket
import struct
import time
from contextlib import ExitStack

import psutil
import pytest

from lucency.node.settings import NodeSettings
from node.objects import identity
from node.peers import LONG
from node.ports import wait_until
from node.promises.modality import TAKEN, Modality

ECHO_S = 5


def connected(port):
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def assert_echo_is_quick(node):
    started = time.monotonic()
    assert Modality(node.port).echo()
    assert time.monotonic() - started < ECHO_S


@pytest.mark.parametrize(
    ("calling", "called", "answered"),
    [
        ("MODALITY1", "CXRAI", True),
        ("MODALITY2", "CXRAI", True),
        ("STRANGER", "CXRAI", False),
        ("modality1", "CXRAI", False),
        ("MODALITY1", "CXRAJ", False),
        ("MODALITY1", "ANY-SCP", False),
    ],
)
def test_titles_are_checked(hospital, radiographs, calling, called, answered):
    modality, image = Modality(hospital.port, aet=calling, called=called), radiographs.frontal()
    assert modality.echo() is answered
    assert modality.send(image) == ([TAKEN] if answered else [""])
    assert bool(hospital.jobs_of([image])[image]) is answered


def test_a_hundred_probes_hold_up_nobody(hospital):
    threads = psutil.Process(hospital.process.pid).num_threads()
    for _ in range(100):
        connected(hospital.port).close()
    assert_echo_is_quick(hospital)
    for _ in range(20):
        with connected(hospital.port) as probe:
            probe.sendall(b"GET / HTTP/1.0\r\n\r\n")
    assert_echo_is_quick(hospital)
    for _ in range(20):
        with connected(hospital.port) as probe:
            probe.sendall(b"\x01\x00\xff\xff\xff\xff" + b"A" * 1000)
    assert_echo_is_quick(hospital)
    process = psutil.Process(hospital.process.pid)
    wait_until(lambda: process.num_threads() <= threads + 5, 30, "threads of probes have ended")


def test_silent_peers_hold_up_nobody_and_are_let_go(hospital):
    process = psutil.Process(hospital.process.pid)
    before = process.num_fds()
    with ExitStack() as stack:
        for _ in range(40):  # more than associations are allowed
            stack.enter_context(connected(hospital.port))
        assert_echo_is_quick(hospital)
        wait_until(lambda: process.num_fds() <= before + 5, 30, "silent connections are closed")
    assert_echo_is_quick(hospital)


def pdu_of_association(calling, called, sop_class):
    """An A-ASSOCIATE-RQ with one context of Explicit VR Little Endian (PS3.8 9.3.2)."""

    def item(kind, content):
        return struct.pack(">BBH", kind, 0, len(content)) + content

    context = b"\x01\0\0\0" + item(0x30, sop_class) + item(0x40, b"1.2.840.10008.1.2.1")
    user = item(0x51, struct.pack(">I", 16384)) + item(0x52, b"1.2.3.4")
    variable = item(0x10, b"1.2.840.10008.3.1.1.1") + item(0x20, context) + item(0x50, user)
    fixed = struct.pack(">HH16s16s32x", 1, 0, called.ljust(16).encode(), calling.ljust(16).encode())
    return struct.pack(">BBI", 1, 0, len(fixed + variable)) + fixed + variable


def pdu_of_data(control, content):
    return struct.pack(">BBIIBB", 4, 0, len(content) + 6, len(content) + 2, 1, control) + content


def store_command(sop_class, sop_instance):
    def element(number, content):
        return struct.pack("<HHI", 0, number, len(content)) + content

    def even(text):
        return text + b"\0" * (len(text) % 2)

    body = element(0x0002, even(sop_class)) + element(0x0100, b"\x01\0") + element(0x0110, b"\x01\0")
    body += element(0x0700, b"\0\0") + element(0x0800, b"\x01\0") + element(0x1000, even(sop_instance))
    return element(0x0000, struct.pack("<I", len(body))) + body


@pytest.mark.parametrize("how", ["closed", "reset", "silent"])
def test_half_an_object_leaves_no_job_and_no_file(hospital, radiographs, how):
    image = radiographs.frontal()
    sop_class = b"1.2.840.10008.5.1.4.1.1.1.1"
    incoming = hospital.settings.storage_root / "incoming"
    peer = connected(hospital.port)
    peer.sendall(pdu_of_association("MODALITY1", "CXRAI", sop_class))
    assert peer.recv(4096)[0] == 2, "the association is accepted"
    peer.sendall(pdu_of_data(3, store_command(sop_class, identity(image).encode())))
    peer.sendall(pdu_of_data(0, image.read_bytes()[400:10_400]))
    wait_until(lambda: list(incoming.rglob("*.dcm")), 10, "the object is being received")
    if how == "reset":
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if how != "silent":
        peer.close()
    assert_echo_is_quick(hospital)
    if how == "silent" and not LONG:  # the node waits for a minute
        peer.close()
    wait_until(lambda: not list(incoming.rglob("*.dcm")), 90, "half an object is removed")
    peer.close()
    assert not hospital.jobs_of([image])[image]
    assert Modality(hospital.port).send(image) == [TAKEN]


def test_everything_binds_to_loopback_unless_told_otherwise(hospital):
    settings = NodeSettings(bundle="b", state="s", pacs="P@127.0.0.1:1")
    assert settings.http.is_loopback
    assert settings.listen.is_loopback
    root = psutil.Process(hospital.process.pid)
    listening = {
        connection.laddr
        for process in (root, *root.children(recursive=True))
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert {address.port for address in listening} == {hospital.port, hospital.http_port}
