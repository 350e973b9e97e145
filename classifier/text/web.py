"""Pages of the Web, fetched when an address was named, as robots.txt allows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.robotparser import RobotFileParser

from classifier import net
from classifier.errors import EscError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_PAGE_BYTES = 32 << 20
MAX_ROBOTS_BYTES = 512 << 10
_ROBOT = "esc"


class Web:
    """Fetches pages; remembers what each site allows.

    Parameters
    ----------
    allow_private : bool
        Fetch from addresses that are not public too.
    fetch : callable
        Fetches one page.
    """

    def __init__(
        self, *, allow_private: bool = False, fetch: Callable[..., net.Page] = net.fetch_page
    ) -> None:
        self._allow_private, self._fetch = allow_private, fetch
        self._robots: dict[str, RobotFileParser] = {}

    def page(self, url: str) -> net.Page:
        """Fetch a page.

        Raises
        ------
        InputError
            It cannot be had, or its site does not want it fetched by programs.
        """
        return self._fetch(
            url, limit=MAX_PAGE_BYTES, allow_private=self._allow_private, visit=self._check
        )

    def _check(self, url: str) -> None:
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._robots:
            self._robots[site] = self._rules(site)
        if not self._robots[site].can_fetch(_ROBOT, url):
            raise InputError(f"{url}: its site does not want it fetched (robots.txt)")

    def _rules(self, site: str) -> RobotFileParser:
        rules = RobotFileParser()
        try:
            page = self._fetch(
                f"{site}/robots.txt", limit=MAX_ROBOTS_BYTES, allow_private=self._allow_private
            )
        except net.RefusedError as error:
            # RFC 9309: no such file allows everything, a broken server nothing.
            rules.parse([] if error.status < 500 else ["User-agent: *", "Disallow: /"])
        except EscError as error:
            raise InputError(f"{site}/robots.txt cannot be had, so no page is: {error}") from error
        else:
            rules.parse(page.data.decode("utf-8", "replace").splitlines())
        return rules
