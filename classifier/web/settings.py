"""What a caller may choose about the site, as one frozen object."""

from __future__ import annotations

import ipaddress
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

PORT = 8765


def data_folder() -> Path:
    """Return where articles and corrections are kept if nobody says: the user's data folder."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "esc"


def is_loopback(host: str) -> bool:
    """Tell whether an address to listen on can be reached from this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def access_token(host: str) -> str:
    """Return what visitors of an address must show: ``ESC_TOKEN``, else a new one.

    Without ``ESC_TOKEN`` nothing is asked where the address is that of this machine alone.
    """
    given = os.environ.get("ESC_TOKEN", "")
    return given or ("" if is_loopback(host) else secrets.token_urlsafe(18))


@dataclass(frozen=True)
class WebSettings:
    """How the site is served.

    Parameters
    ----------
    host : str
        The address that is listened on.
    port : int
    token : str
        What a visitor must show; nothing is asked if empty.
    data : Path
        Where articles and corrections are kept.
    corpus : tuple of Path
        Labelled files in which similar sentences are looked for, with their codebook; the shipped
        ones if empty.
    allow_urls : bool
        Fetch pages whose address a visitor types in.
    allow_private : bool
        Fetch from addresses that are not public too.
    max_body_bytes : int
        Largest request.
    max_characters : int
        Longest article, in code points.
    max_documents : int
        Most documents of one file or one batch.
    seconds : float
        Longest time for reading and scoring one request.
    """

    host: str = "127.0.0.1"
    port: int = PORT
    token: str = field(default="", repr=False)
    data: Path = field(default_factory=data_folder)
    corpus: tuple[Path, ...] = ()
    allow_urls: bool = False
    allow_private: bool = False
    max_body_bytes: int = 16 << 20
    max_characters: int = 300_000
    max_documents: int = 200
    seconds: float = 60.0
