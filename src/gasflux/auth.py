"""Who asks, and whether he may: keys, the bootstrap key, the rule for this machine, and forged requests."""

from __future__ import annotations

import functools
import hmac
import ipaddress
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Flask, current_app, g, request

from gasflux.api.endpoint import Access, declaration_of
from gasflux.configuration.service_settings import PLACEHOLDER_KEYS
from gasflux.errors import ForbiddenError, UnauthorizedError
from gasflux.service.keys.rate_limit import network_of
from gasflux.service.keys.records import AuditEntry
from gasflux.service.parts import Service
from gasflux.shared import current_service, request_id
from gasflux.storage.clock import utc_now

KEY_HEADER: Final = "X-API-Key"
BOOTSTRAP_HEADER: Final = "X-Admin-Bootstrap-Key"

_FORWARDING: Final = (
    "Forwarded",
    "Via",
    "X-Real-IP",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "True-Client-IP",
    "CF-Connecting-IP",
)
_FORWARDING_PREFIX: Final = "x-forwarded"
_UNCOUNTED: Final = frozenset({"health.health", "web.static_file"})
"""Open endpoints that monitors and the page ask for in bursts; health must answer though the database does not."""

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_FETCH_SITES: Final = frozenset({"same-origin", "none"})
_KEY_NAME: Final = re.compile(r"gf_([0-9a-f]{1,32})_")

_HOW: Final = "make one with `python create_api_key.py --name NAME` on the server, then send it in the header X-API-Key"


@dataclass(frozen=True)
class Principal:
    """Who asks."""

    actor: str | None
    """Key id, ``bootstrap``, ``local``, or None for a stranger."""
    may_use: bool
    is_admin: bool

    @property
    def key_id(self) -> str | None:
        """Owner of what he makes: the key's id, None without a key."""
        return None if self.actor in (None, "bootstrap", "local", "anybody") else self.actor

    @property
    def needs_no_key(self) -> bool:
        """Whether he was let in as he came."""
        return self.actor in ("local", "anybody")


_STRANGER: Final = Principal(None, may_use=False, is_admin=False)
BOOTSTRAP: Final = Principal("bootstrap", may_use=True, is_admin=True)
_LOCAL: Final = Principal("local", may_use=True, is_admin=True)
_ANYBODY: Final = Principal("anybody", may_use=True, is_admin=False)


def register_auth(app: Flask) -> None:
    """Let no request of the application reach its view unless the view's declaration allows it."""
    app.before_request(_guard)


def principal() -> Principal:
    """Return who asks, found once per request.

    Raises
    ------
    UnauthorizedError
        A key was sent that is not good.
    RateLimitedError
        Too many wrong ones came before it.
    """
    if "principal" not in g:
        g.principal = _identify(current_service())
    return g.principal  # type: ignore[no-any-return]


def principal_if_any() -> Principal:
    """Return who asks, a wrong key counting as none."""
    try:
        return principal()
    except (UnauthorizedError, ForbiddenError):
        return _STRANGER


def client_address() -> str:
    """Return the address the request came from."""
    return request.remote_addr or "unknown"


def audited(act: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Note each use of an administrator's endpoint in the audit trail, with the id in its path or answer as target."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(view)
        def noted(**arguments: Any) -> Any:
            service, actor = current_service(), principal().actor or "-"
            with service.database.write():  # an act whose entry cannot be kept is undone
                response = view(**arguments)
                target = getattr(g, "audit_target", None) or "-"
                service.audit.record(AuditEntry(utc_now(), actor, act, target, client_address()))
            return response

        return noted

    return decorate


def _guard() -> None:
    """Refuse what the declaration of the endpoint does not allow; unknown addresses go on to their 404."""
    _refuse_forged_request()
    if request.endpoint in _UNCOUNTED:
        return
    view = current_app.view_functions.get(request.endpoint or "")
    service, address = current_service(), network_of(client_address())
    is_stranger = not _bears_known_key(service)
    if is_stranger:
        service.limiter.count_request(address)  # before any look at keys: who asks without end costs nothing more
    try:
        who = _admitted(declaration_of(view).access if view is not None else Access.OPEN)
    except (UnauthorizedError, ForbiddenError):
        if not is_stranger:
            service.limiter.count_request(address)  # who is not let in must not ask without end
        raise
    if who.key_id is not None or not is_stranger:
        service.limiter.count_request(who.key_id or address)


def _bears_known_key(service: Service) -> bool:
    """Whether the request names a key that exists: its holder must not be shut out by others of his address."""
    match = _KEY_NAME.match(request.headers.get(KEY_HEADER, ""))
    return match is not None and service.keys.knows(match[1])


def _admitted(access: Access) -> Principal:
    """Return who asks when he may use an endpoint of this kind; where no key is needed one only tells clients apart."""
    security = current_service().settings.security
    if access in (Access.OPEN, Access.CAPABILITY) or (access is Access.STATS and not security.protect_stats):
        return principal_if_any() if KEY_HEADER in request.headers else _STRANGER
    who = principal()
    if not who.may_use:
        raise UnauthorizedError(f"This needs a key: {_HOW}.")
    if access is Access.ADMIN and not who.is_admin:
        if who.key_id is None:
            raise UnauthorizedError(f"This needs the key of an administrator, in the header {KEY_HEADER}.")
        raise ForbiddenError.of("no_administrator")
    return who


def _identify(service: Service) -> Principal:
    """Find out who asks: by his keys, else by the rules for requests without one."""
    if _is_good_bootstrap(service):
        return BOOTSTRAP
    without_key = _without_key(service)
    if without_key is _LOCAL:
        _refuse_foreign_host(service)
        return without_key
    if presented := request.headers.get(KEY_HEADER):
        try:
            return _holder(service, presented)
        except UnauthorizedError:
            if not without_key.may_use:
                raise
    if without_key.may_use and _is_this_machine():
        _refuse_foreign_host(service)
    return without_key


def _holder(service: Service, presented: str) -> Principal:
    """Return the holder of a key; wrong ones are counted by address and key."""
    name, address = _key_name(presented), network_of(client_address())
    service.limiter.refuse_guessing(address, name)
    key = service.keys.verify(presented)
    if key is None:
        service.limiter.count_failure(address, name)
        _note_wrong_key(service, address, f"a key that is not good ({name}) came from {address}")
        raise UnauthorizedError(f"The key is unknown, revoked or has expired; {_HOW}.")
    return Principal(key.key_id, may_use=True, is_admin=key.is_admin)


def _note_wrong_key(service: Service, address: str, line: str) -> None:
    """Log a wrong key; how many more of them an address sends is told once a minute."""
    service.refusals.note(f"{address} (keys)", line, level=logging.WARNING, marks={"request": request_id()})


def _key_name(presented: str) -> str:
    """Return the public part of a key for counting failures: the owner of a good key is not shut out by others."""
    match = _KEY_NAME.match(presented)
    return match[1] if match else "malformed"


def bootstrap_key(service: Service) -> str | None:
    """Return the bootstrap key, None when it is empty or a placeholder out of a document."""
    key = service.settings.security.admin_bootstrap_key.strip()
    return None if key.lower() in PLACEHOLDER_KEYS else key


def _is_good_bootstrap(service: Service) -> bool:
    """Whether the request bears the bootstrap key; a wrong one is an error."""
    presented = request.headers.get(BOOTSTRAP_HEADER)
    if presented is None:
        return False
    address = network_of(client_address())
    service.limiter.refuse_guessing(address, "bootstrap")
    expected = bootstrap_key(service)
    is_same = hmac.compare_digest(presented.encode("utf-8", "replace"), (expected or "").encode("utf-8"))
    if expected is None or not is_same:
        service.limiter.count_failure(address, "bootstrap")
        _note_wrong_key(service, address, f"a wrong bootstrap key came from {address}")
        raise UnauthorizedError(
            "The bootstrap key is not good: gasflux.ini sets it under [security]; placeholders open nothing."
        )
    return True


def _without_key(service: Service) -> Principal:
    """Return what a request may do that bears no key.

    Under `auto`, and for administrators under `false`, this machine is let in until the first key was made. Revoked and
    expired keys count: ending the last key must not open the service.
    """
    rule = service.settings.security.require_api_key
    if rule == "true":
        return _STRANGER
    is_first_run = _is_this_machine() and bootstrap_key(service) is None and service.keys.is_empty()
    if is_first_run:
        return _LOCAL
    return _ANYBODY if rule == "false" else _STRANGER


def _is_this_machine() -> bool:
    """Whether the request came straight from this machine, through no proxy."""
    try:
        address = ipaddress.ip_address(client_address())
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback and not _is_forwarded()


def _is_forwarded() -> bool:
    """Whether any header says that a proxy passed the request on."""
    names = {name.lower() for name in request.headers.keys()}  # noqa: SIM118 the header container is no mapping of names
    return any(name.startswith(_FORWARDING_PREFIX) for name in names) or any(
        name.lower() in names for name in _FORWARDING
    )


def _refuse_foreign_host(service: Service) -> None:
    """Refuse a request under a foreign name: a web page whose name was re-bound to 127.0.0.1 sends such."""
    host = _host_name(request.host)
    known = {"localhost", _host_name(urlsplit(service.settings.server.base_url).netloc)}
    if host in known or host.endswith(".localhost") or _is_address(host):
        return
    raise ForbiddenError.of("foreign_host", host=host)


def _host_name(netloc: str) -> str:
    """Return the name in ``name:port``, lower case, without brackets."""
    return (urlsplit(f"//{netloc}").hostname or "") if netloc else ""


def _is_address(host: str) -> bool:
    """Whether a host is an IP address, which no name server can re-bind."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _refuse_forged_request() -> None:
    """Refuse a change that a web page of another site asks for in the name of this browser's user."""
    if request.method in _SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    is_own = site in _OWN_FETCH_SITES if site is not None else origin is None or _is_own_origin(origin)
    if not is_own:
        raise ForbiddenError.of("foreign_page")


def _is_own_origin(origin: str) -> bool:
    """Whether an origin is the service under the name it was asked by, or under its base URL."""
    base = urlsplit(current_service().settings.server.base_url)
    try:
        netloc = urlsplit(origin).netloc.lower()
    except ValueError:
        return False
    return netloc in (request.host.lower(), base.netloc.lower())
