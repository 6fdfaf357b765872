"""From a request's credentials to who asks; the answer follows every change of an account within a second."""

import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from threading import Lock

from anyio import to_thread
from starlette.types import Scope

from spatialgov.errors import ForbiddenError, NotSignedInError, TooManyRequestsError
from spatialgov.language import t
from spatialgov.store import AccountRecord, AccountState, ApiKeyRecord
from spatialgov.workspace import EVERYWHERE, Permission, Workspace
from spatialgov.workspace.accounts import KEY_START, key_hash
from spatialgov_api.access.limits import Buckets
from spatialgov_api.access.principal import LOCAL, Principal
from spatialgov_api.access.readings import Readings
from spatialgov_api.access.tokens import Tokens
from spatialgov_api.settings import Settings

__all__ = ["COOKIE", "Access", "LocateRight", "is_loopback"]

COOKIE = "spatialgov_token"
"""Name of the cookie that the sign-in page sets."""

_FRESH_S = 0.25
"""So long accounts and keys are taken as they were read."""
_ASK_S, _STALE_S = 0.75, 1.0
"""The short path takes them so long; then one lookup a time goes the long way, which reads them; at last all do.

Lookups go the long way now and then for the edition's sake, and read the accounts as well: mostly that is enough.
"""

_MOST_KEPT = 10_000
_OWN_NAME = re.compile(r"[a-z0-9-]+|127\.0\.0\.1|\[::1\]", re.ASCII)
"""Hosts that this machine may be called in a request to it: a name without a dot is none of the world's."""
_FORWARDED = {b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip"}

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class LocateRight:
    """Where the holder of a credential may look a location up.

    Attributes
    ----------
    granted
        Division codes; None for everywhere.
    """

    granted: frozenset[str] | None

    def covers(self, chain: Iterable[str]) -> bool:
        """Whether a grid may be told, by the codes of the jurisdictions above it."""
        return self.granted is None or not self.granted.isdisjoint(chain)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a credential led to: its account's principal, its key (if it is one), and until when it holds."""

    principal: Principal
    key: ApiKeyRecord | None
    until: float


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """The accounts as they were read, with what credentials led to among them."""

    state: AccountState
    found: dict[tuple[bytes, bytes], _Found]


class Access:
    """Tells who asks.

    As long as the store has no account the service is open, to requests from this machine only: those that a page
    elsewhere makes a browser send (DNS rebinding), or that a proxy passes on, are refused.
    """

    def __init__(self, workspace: Workspace, settings: Settings) -> None:
        self._tables = workspace.store.accounts
        self.tokens = Tokens(workspace.data_dir, settings.secret)
        self._buckets = Buckets(settings.key_requests_per_minute, max(1.0, settings.key_requests_per_minute / 30))
        self._snapshot: _Snapshot | None = None
        self._read_at = self._asked_at = 0.0
        self._reading = Lock()
        self.readings = Readings()

    async def principal(self, scope: Scope) -> Principal:
        """Give who sends a request.

        Raises
        ------
        NotSignedInError
            When there are accounts and the request has no credentials that hold.
        ForbiddenError
            When there are no accounts and the request does not come from this machine itself.
        TooManyRequestsError
            When its API key has asked too often.
        """
        snapshot = self._fresh()
        if snapshot is None:
            snapshot = await to_thread.run_sync(self._read)
        if not snapshot.state.accounts:
            _refuse_strangers(scope["headers"], scope.get("client"))
            return LOCAL
        found = self._known(_credential(scope["headers"]), snapshot)
        if found.key is not None and (wait_s := self._buckets.take(found.key.id)):
            raise TooManyRequestsError(
                t("This API key has asked too often.", "该 API 密钥的请求过于频繁。"),
                remedy=t("Ask again in {n} s.", "请在 {n} 秒后重试。", n=wait_s),
                retry_after_s=wait_s,
            )
        return found.principal

    def allows_locate(self, headers: Headers, client: tuple[str, int] | None) -> LocateRight | None:
        """Give the right to look locations up, without asking the store, so that an event loop may call it.

        Parameters
        ----------
        headers, client
            Of the request's scope.

        Returns
        -------
        LocateRight or None
            None where `principal` has more to say or to do: no sound credentials, another way to sign in than by key
            or token, too many requests, or it is time to read the accounts again.
        """
        principal = self.principal_at_once(headers, client)
        if principal is None or Permission.LOCATE not in principal.permissions:
            return None
        return _EVERYWHERE if EVERYWHERE in principal.jurisdictions else LocateRight(principal.jurisdictions)

    def principal_at_once(self, headers: Headers, client: tuple[str, int] | None) -> Principal | None:
        """Give what `principal` gives without asking the store; None where that has more to say or to do."""
        snapshot = self._at_once()
        if snapshot is None:
            return None
        try:
            if not snapshot.state.accounts:
                _refuse_strangers(headers, client)
                return LOCAL
            found = self._known(_credential(headers), snapshot)
        except (NotSignedInError, ForbiddenError):
            return None
        if found.key is not None and self._buckets.take(found.key.id):
            return None
        return found.principal

    def _at_once(self) -> _Snapshot | None:
        """Give the accounts for the short path; None when they are too old, and once in a while to have them read."""
        now = time.monotonic()
        if now - self._read_at >= _STALE_S:
            return None
        if now - max(self._read_at, self._asked_at) >= _ASK_S:
            self._asked_at = now
            return None
        return self._snapshot

    def _fresh(self) -> _Snapshot | None:
        return self._snapshot if time.monotonic() - self._read_at < _FRESH_S else None

    def _read(self) -> _Snapshot:
        """Read the accounts, if they have changed; of several that come for it, one does."""
        with self._reading:
            if (fresh := self._fresh()) is not None:
                return fresh
            begun = time.monotonic()
            if self._snapshot is None or self._tables.revision() != self._snapshot.state.revision:
                self._snapshot = _Snapshot(self._tables.state(), {})
            self._read_at = begun
            return self._snapshot

    def _known(self, credential: tuple[bytes, bytes], snapshot: _Snapshot) -> _Found:
        found = snapshot.found.get(credential)
        if found is not None and time.time() < found.until:
            return found
        found = self._looked_up(credential, snapshot.state)
        if len(snapshot.found) >= _MOST_KEPT:
            snapshot.found.clear()
        snapshot.found[credential] = found
        return found

    def _looked_up(self, credential: tuple[bytes, bytes], state: AccountState) -> _Found:
        """Find the account of a credential, or raise `NotSignedInError`."""
        kind, value = credential[0], credential[1].decode("latin-1")
        account: AccountRecord | None = None
        key: ApiKeyRecord | None = None
        until = float("inf")
        if kind == b"x-api-key":
            key = state.keys.get(key_hash(value))
            account = None if key is None else state.accounts.get(key.account)
        elif (claims := self.tokens.claims(value)) is not None:
            account, until = state.accounts.get(claims.name), claims.until
            if account is not None and account.token_version != claims.version:
                account = None
        if account is None or account.disabled_at is not None:
            raise NotSignedInError(
                t("These credentials don't hold (any more).", "凭据无效或已失效。"),
                remedy=t("Sign in again: POST /api/v1/token.", "请重新登录：POST /api/v1/token。"),
            )
        came_by = {b"x-api-key": "key", b"cookie": "cookie"}.get(kind, "token")
        return _Found(Principal.of(account, came_by), key, until)  # type: ignore[arg-type]


_EVERYWHERE = LocateRight(None)


def _credential(headers: Headers) -> tuple[bytes, bytes]:
    """Give the kind and the value of what a request shows: its API key, else its bearer token, else its cookie."""
    shown: dict[bytes, bytes] = {}
    for name, value in headers:
        if name == b"x-api-key":
            return name, value.strip()
        if name == b"authorization" and value[:7].lower() == b"bearer ":
            shown[b"authorization"] = value[7:].strip()
        elif name == b"cookie":
            for part in value.split(b";"):
                key, _, content = part.strip().partition(b"=")
                if key == COOKIE.encode():
                    shown[b"cookie"] = content
    for kind in (b"authorization", b"cookie"):
        if kind in shown:
            return kind, shown[kind]
    raise NotSignedInError(
        t("This needs an account.", "需要账户。"),
        remedy=t(
            "Send “Authorization: Bearer …” (from POST /api/v1/token) or “X-API-Key: {start}…”.",
            "请发送 Authorization: Bearer …（由 POST /api/v1/token 获取）或 X-API-Key: {start}…。",
            start=KEY_START,
        ),
    )


def _refuse_strangers(headers: Headers, client: tuple[str, int] | None) -> None:
    """Refuse what does not come from this machine itself, as long as there are no accounts."""
    host, forwarded = b"", False
    for name, value in headers:
        if name == b"host":
            host = value
        elif name in _FORWARDED:
            forwarded = True
    if forwarded or not _is_own_host(host) or (client is not None and not is_loopback(client[0])):
        raise ForbiddenError(
            t(
                "Without accounts this service answers only requests of this machine to localhost.",
                "尚未建立账户，本服务只回应本机对 localhost 的请求。",
            ),
            remedy=t(
                "Make an account: spatialgov account add NAME --role admin --jurisdiction '*'",
                "请建立账户：spatialgov account add 名称 --role admin --jurisdiction '*'",
            ),
        )


@lru_cache(1024)
def _is_own_host(header: bytes) -> bool:
    host = header.decode("latin-1").lower()
    named = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    return _OWN_NAME.fullmatch(named) is not None


@lru_cache(1024)
def is_loopback(address: str) -> bool:
    """Whether an address is this machine's own; what is no address is a socket in the file system, or this process."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return True
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return parsed.is_loopback
