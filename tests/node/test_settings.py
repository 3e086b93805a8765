"""Settings are checked before anything is started."""

import pytest

from lucency.errors import ConfigError
from lucency.node.addresses import Address, Peer
from lucency.node.settings import NodeSettings, node_settings

LEAST = {"bundle": "b", "state": "s", "pacs": "PACS@127.0.0.1:4242"}


def test_three_keys_are_enough_and_the_node_is_then_reached_from_this_machine_alone() -> None:
    settings = node_settings(LEAST)
    assert settings.listen.is_loopback
    assert settings.http.is_loopback
    assert settings.pacs_peer == Peer(aet="PACS", host="127.0.0.1", port=4242)
    assert str(settings.pacs_peer) == LEAST["pacs"]
    assert settings.storage_root == settings.state / "files"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"worker": 2}, ["worker", "did you mean 'workers'"]),
        ({"pacs": "127.0.0.1:4242"}, ["pacs", "AET@HOST:PORT"]),
        ({"pacs": "A_TITLE_THAT_IS_TOO_LONG@127.0.0.1:4242"}, ["pacs", "AET@HOST:PORT"]),
        ({"pacs": "PACS@127.0.0.1:99999"}, ["pacs", "AET@HOST:PORT"]),
        ({"listen": "11112"}, ["listen", "HOST:PORT"]),
        ({"listen": "127.0.0.1:70000"}, ["listen.port", "65535"]),
        ({"aet": " LUCENCY"}, ["aet", "' LUCENCY' is no AE title"]),
        ({"aet": "L" * 17}, ["aet", "16"]),
        ({"aet": "RÖNTGEN"}, ["aet", "ASCII"]),
        ({"aet": ""}, ["aet", "1 to 16"]),
        ({"allow": ["GOOD", "A\\B"]}, ["allow.1"]),
        ({"workers": 0}, ["workers", "1"]),
        ({"mem_mb": 3}, ["mem_mb", "256"]),
        ({"queue": "sqlite://x"}, ["queue", "postgresql://"]),
        ({"pull": "PACS@127.0.0.1:4242"}, ["pull", "https://"]),
        ({"tls_cert": "c.pem"}, ["tls_cert, tls_key and tls_ca"]),
        ({"retry_base": 10, "retry_cap": 5}, ["retry_cap"]),
        ({"sr_class": "BasicTextSR"}, ["sr_class", "Comprehensive3DSR"]),
    ],
)
def test_what_is_wrong_is_one_line_that_names_the_key(change: dict[str, object], words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        node_settings({**LEAST, **change}, "node.yaml")
    text = str(caught.value)
    assert text.startswith("node.yaml: ")
    assert "\n" not in text
    assert all(word in text for word in words), text


@pytest.mark.parametrize("key", LEAST)
def test_a_missing_key_is_named(key: str) -> None:
    with pytest.raises(ConfigError, match=f"^settings: {key}: is missing"):
        node_settings({name: value for name, value in LEAST.items() if name != key})


def test_a_dicomweb_service_is_no_dicom_peer() -> None:
    assert node_settings({**LEAST, "pacs": "https://pacs.example/dicom-web"}).pacs_peer is None


@pytest.mark.parametrize(("text", "host"), [("[::1]:104", "::1"), ("0.0.0.0:104", "0.0.0.0"), ("pacs:104", "pacs")])
def test_addresses_of_all_kinds(text: str, host: str) -> None:
    address = Address.model_validate(text)
    assert (address.host, address.port) == (host, 104)
    assert address.is_loopback == (host == "::1")
    assert str(address) == text


def test_each_setting_is_explained() -> None:
    assert NodeSettings.__doc__
    assert [name for name in NodeSettings.model_fields if name not in NodeSettings.__doc__] == []
