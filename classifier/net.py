"""Fetching over HTTPS with limits; the only place that opens a connection."""

from __future__ import annotations

import ipaddress
import socket
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from classifier.errors import InputError
from classifier.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.client import HTTPMessage

AGENT = f"esc/{__version__} (escalation-classifier)"
_RETRY = frozenset((408, 425, 429, 500, 502, 503, 504))


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = 5

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        check_url(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def check_url(url: str) -> None:
    """Refuse what is not HTTPS, or whose name resolves to an address that is not public.

    Raises
    ------
    InputError
    """
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError as error:
        raise InputError(f"{url}: no address: {error}") from error
    if parts.scheme != "https" or not parts.hostname:
        raise InputError(f"{url}: expected an https address")
    try:
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise InputError(f"{url}: {parts.hostname} cannot be resolved: {error}") from error
    for entry in found:
        if not ipaddress.ip_address(entry[4][0]).is_global:
            raise InputError(f"{url}: {parts.hostname} is not a public address")


def download(
    url: str,
    *,
    limit: int,
    timeout: float = 30.0,
    tries: int = 4,
    wait: Callable[[float], None] = time.sleep,
) -> bytes:
    """Fetch a public HTTPS address.

    Parameters
    ----------
    url : str
    limit : int
        Largest number of bytes; more is an error.
    timeout : float
        Seconds without an answer, for each try.
    tries : int
        After errors that may pass, with waits of 1, 2, 4 ... seconds between.
    wait : callable
        Told how many seconds to wait.

    Raises
    ------
    InputError
        The address cannot be had.
    """
    opener = urllib.request.build_opener(_Redirects)
    request = urllib.request.Request(url, headers={"User-Agent": AGENT})  # noqa: S310 (checked)
    problem = ""
    for attempt in range(tries):
        if attempt:
            wait(2.0 ** (attempt - 1))
        check_url(url)
        try:
            with opener.open(request, timeout=timeout) as answer:
                data: bytes = answer.read(limit + 1)
                rest = answer.length
        except urllib.error.HTTPError as error:
            problem = f"answered {error.code}"
            if error.code not in _RETRY:
                break
            continue
        except (OSError, HTTPException) as error:
            problem = str(getattr(error, "reason", error)) or type(error).__name__
            continue
        except ValueError as error:  # redirected to what is no address
            raise InputError(f"{url}: cannot be fetched: {error}") from error
        if len(data) > limit:
            raise InputError(f"{url}: larger than {limit:,} bytes")
        if rest:
            problem = f"broke off {rest:,} bytes before the end"
            continue
        return data
    raise InputError(f"{url}: cannot be fetched: {problem}")
