"""Fetching with limits; the only place that opens a connection."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from classifier.errors import InputError
from classifier.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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


# Addresses that carry one of IPv4: NAT64 (RFC 6052), its local use (RFC 8215).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")


def is_public(text: str) -> bool:
    """Tell whether an address is one of the Internet, and leads to none that is not.

    Examples
    --------
    >>> is_public("2606:4700::1111"), is_public("2002:7f00:1::")  # 6to4 of 127.0.0.1
    (True, False)
    """
    address = ipaddress.ip_address(text)
    if not address.is_global or address.is_multicast:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return True
    if address.is_site_local or address in _LOCAL_NAT64:
        return False
    inside = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        inside.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return all(one.is_global and not one.is_multicast for one in inside if one is not None)


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
        if not is_public(str(entry[4][0])):
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


MAX_REDIRECTS = 5
_CHUNK = 1 << 16


@dataclass(frozen=True)
class Page:
    """What an address answered.

    Parameters
    ----------
    url : str
        The address that answered in the end, after redirects.
    content_type, charset : str
        As the server states them; empty if it does not.
    data : bytes
    """

    url: str
    content_type: str
    charset: str
    data: bytes


class RefusedError(InputError):
    """The server answered, and not with the page."""

    def __init__(self, url: str, status: int) -> None:
        super().__init__(f"{url}: cannot be fetched: answered {status}")
        self.status = status


def fetch_page(
    url: str,
    *,
    limit: int,
    seconds: float = 30.0,
    allow_private: bool = False,
    visit: Callable[[str], None] = lambda _url: None,
) -> Page:
    """Fetch one page over HTTP or HTTPS, once.

    The address that is connected to is the one that was checked, also after each redirect: the name
    is not resolved a second time. Proxies of the environment are not used.

    Parameters
    ----------
    url : str
    limit : int
        Largest number of bytes; more is an error.
    seconds : float
        For everything together.
    allow_private : bool
        Connect to addresses that are not public too.
    visit : callable
        Told of each address before it is asked; may raise to have it not asked.

    Raises
    ------
    RefusedError
        The answer is an error.
    InputError
        The address cannot be had.
    """
    deadline = time.monotonic() + seconds
    for _ in range(MAX_REDIRECTS + 1):
        parts = _page_parts(url)
        visit(url)
        connection = _connection(parts.scheme, url, deadline, allow_private=allow_private)
        answer = None
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            headers = {"User-Agent": AGENT, "Accept-Encoding": "identity", "Accept": "*/*"}
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            target = answer.headers.get("Location")
            if answer.status in (301, 302, 303, 307, 308) and target:
                url = urljoin(url, target)
                continue
            if answer.status != 200:
                raise RefusedError(url, answer.status)
            data = b"".join(_read(answer, url, limit, deadline))
        except (OSError, HTTPException, ValueError) as error:
            said = str(getattr(error, "reason", "") or error) or type(error).__name__
            raise InputError(f"{url}: cannot be fetched: {said}") from error
        finally:
            if answer is not None:
                answer.close()
            connection.close()
        stated = answer.headers.get_content_charset("") if "Content-Type" in answer.headers else ""
        return Page(url, answer.headers.get("Content-Type", ""), stated, data)
    raise InputError(f"{url}: more than {MAX_REDIRECTS} redirects")


def _page_parts(url: str) -> Any:
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.hostname
        valid = known and url.isascii() and url.isprintable() and " " not in url
        _ = parts.port
    except ValueError as error:
        raise InputError(f"{url}: no address: {error}") from error
    if not valid:
        raise InputError(f"{url}: expected an http or https address in plain characters")
    return parts


def _read(
    answer: http.client.HTTPResponse, url: str, limit: int, deadline: float
) -> Iterator[bytes]:
    size = 0
    # `read1` returns what has come, so that a server that trickles meets the deadline too.
    while chunk := answer.read1(_CHUNK):
        size += len(chunk)
        if size > limit:
            raise InputError(f"{url}: larger than {limit:,} bytes")
        if time.monotonic() > deadline:
            raise InputError(f"{url}: takes too long")
        yield chunk
    if answer.length:
        raise InputError(f"{url}: broke off {answer.length:,} bytes before the end")


def _connection(
    scheme: str, url: str, deadline: float, *, allow_private: bool
) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if scheme == "https" else 80)
    left = max(deadline - time.monotonic(), 0.1)
    if scheme == "https":
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            host, port, timeout=left, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(host, port, timeout=left)

    def connect(*_args: Any, **_more: Any) -> socket.socket:
        return _checked_socket(url, host, port, left, allow_private=allow_private)

    # Where http.client makes its socket; TLS and its check of the name come on top of it.
    connection._create_connection = connect  # type: ignore[attr-defined]
    return connection


def _checked_socket(
    url: str, host: str, port: int, seconds: float, *, allow_private: bool
) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise InputError(f"{url}: {host} cannot be resolved: {error}") from error
    if not allow_private and any(not is_public(str(e[4][0])) for e in found):
        raise InputError(
            f"{url}: {host} is not a public address; --allow-private fetches it all the same"
        )
    problem: OSError | None = None
    for family, kind, protocol, _, address in found:
        made = socket.socket(family, kind, protocol)
        made.settimeout(seconds)
        try:
            made.connect(address)
        except OSError as error:
            made.close()
            problem = error
        else:
            return made
    raise problem or OSError("no address")
