"""The HTTP client that the InfluxDB sinks share: its own trust, no environment, time-outs."""

import logging
import ssl
from typing import Final

import httpx

CONNECT_S_MAX: Final = 2.0
"""Seconds until a server that does not even accept counts as away."""


def trusted(ca_file: str) -> ssl.SSLContext:
    """Whom to trust for https: this file's certificates, or the system's."""
    return ssl.create_default_context(cafile=ca_file or None)


def client(
    url: str, *, ca_file: str, timeout_s: float, auth: httpx.Auth | None = None, token: str = ""
) -> httpx.AsyncClient:
    """A client for one server; it connects when it is first used."""
    logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log a line per request
    return httpx.AsyncClient(
        base_url=url,
        auth=auth,
        headers={"Authorization": f"Token {token}"} if token else {},
        timeout=httpx.Timeout(timeout_s, connect=min(CONNECT_S_MAX, timeout_s)),
        verify=trusted(ca_file) if url.startswith("https:") else False,
        trust_env=False,
    )


def basic(username: str, password: str) -> httpx.Auth | None:
    """A name and password as HTTP says them; none without a name."""
    return httpx.BasicAuth(username, password) if username else None
