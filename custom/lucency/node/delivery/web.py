"""HTTP sessions for DICOMweb services: no redirects, no proxies from the environment, the node's own TLS."""

import logging

import requests
from requests.adapters import DEFAULT_POOLSIZE, HTTPAdapter
from requests.utils import get_auth_from_url, urldefragauth

from ...errors import ConfigError
from ..intake.tls import client_context
from ..settings import NodeSettings

TIMEOUT_S = (5.0, 30.0)
"""Waits for a connection, and for each piece of an answer."""

for _talkative in ("urllib3", "dicomweb_client"):
    logging.getLogger(_talkative).setLevel(logging.CRITICAL + 1)  # they name addresses with patients' UIDs


def web_session(settings: NodeSettings, url: str) -> tuple[requests.Session, str]:
    """Make a session for a service.

    Args:
        settings: with TLS files, they are used, and an ``http://`` address needs `pacs_plain`. The certificate of the
            service must then be of `tls_ca` and name the host of its address.
        url: root of the service; ``USER:PASSWORD@`` in it become basic authentication.

    Returns:
        The session, and the root without user, password and slash at its end.

    Raises:
        ConfigError: TLS is set and the address is without.

    Example:
        >>> from lucency.node.settings import node_settings
        >>> settings = node_settings({"bundle": "b", "state": "s", "pacs": "http://reader:secret@127.0.0.1/dicom-web/"})
        >>> session, root = web_session(settings, settings.pacs)
        >>> root, session.auth
        ('http://127.0.0.1/dicom-web', ('reader', 'secret'))
    """
    session = requests.Session()
    session.trust_env = False
    session.max_redirects = 0  # what is a patient's goes nowhere else
    user, password = get_auth_from_url(url)
    if user:
        session.auth = (user, password)
    root = str(urldefragauth(url)).rstrip("/")
    if (context := client_context(settings)) is not None:
        if not root.startswith("https://"):
            raise ConfigError("pacs, pull: are spoken to by TLS as tls_cert is set; write https://, or set pacs_plain")
        adapter = HTTPAdapter()
        adapter.init_poolmanager(DEFAULT_POOLSIZE, DEFAULT_POOLSIZE, ssl_context=context)
        session.mount("https://", adapter)
        session.verify = str(settings.tls_ca)  # else requests trusts every public authority besides
    return session, root
