"""How often one key or address may ask."""

from __future__ import annotations

import ipaddress
import math
import time
from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from gasflux.errors import RateLimitedError
from gasflux.wording.lookup import phrase

WRONG_KEYS_PER_MINUTE: Final = 20
_IPV6_NETWORK: Final = 64


class RateLimiter:
    """Requests and uploads a minute per client, and wrong keys a minute per address and key.

    Parameters
    ----------
    requests_per_minute, uploads_per_minute
        As in `[security]`.
    wrong_keys_per_minute
        Wrong secrets for one key from one address.
    """

    def __init__(
        self, requests_per_minute: int, uploads_per_minute: int, wrong_keys_per_minute: int = WRONG_KEYS_PER_MINUTE
    ) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._requests = RateLimitItemPerMinute(requests_per_minute, namespace="requests")
        self._uploads = RateLimitItemPerMinute(uploads_per_minute, namespace="uploads")
        self._failures = RateLimitItemPerMinute(wrong_keys_per_minute, namespace="failures")

    def count_request(self, client: str) -> None:
        """Count a request; raise RateLimitedError when the client has asked too often."""
        self._count(self._requests, client, "requests")

    def count_upload(self, client: str) -> None:
        """Count an upload; raise RateLimitedError when the client has sent too many."""
        self._count(self._uploads, client, "uploads")

    def refuse_guessing(self, address: str, key_name: str) -> None:
        """Raise RateLimitedError when too many wrong secrets for this key came from this address."""
        if not self._limiter.test(self._failures, address, key_name):
            raise self._refusal(self._failures, (address, key_name), "wrong_keys")

    def count_failure(self, address: str, key_name: str) -> None:
        """Count a wrong key."""
        self._limiter.hit(self._failures, address, key_name)

    def _count(self, limit: RateLimitItemPerMinute, client: str, what: str) -> None:
        if not self._limiter.hit(limit, client):
            raise self._refusal(limit, (client,), what)

    def _refusal(self, limit: RateLimitItemPerMinute, identifiers: tuple[str, ...], what: str) -> RateLimitedError:
        reset_at = self._limiter.get_window_stats(limit, *identifiers).reset_time
        wait_s = max(1, math.ceil(reset_at - time.time()))
        said = phrase(f"what.{what}")
        return RateLimitedError.later("too_frequent", wait_s, limit=limit.amount, what=said, wait=wait_s)


def network_of(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 network of an IPv6 one, all of which he owns."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, _IPV6_NETWORK), strict=False))
    return str(parsed)
