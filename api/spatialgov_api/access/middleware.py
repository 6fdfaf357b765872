"""What every request passes: its rule, who asks, and the audit log."""

from functools import partial
from typing import Any

from anyio import to_thread
from fastapi import HTTPException, Request
from starlette.routing import Match, Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spatialgov.acts import Act, acting
from spatialgov.errors import ForbiddenError, SpatialGovError, StoreError
from spatialgov.language import t
from spatialgov.store import AuditLog
from spatialgov_api.access.access import Access
from spatialgov_api.access.limits import Buckets
from spatialgov_api.access.principal import ANONYMOUS
from spatialgov_api.access.rules import RULES, Rule, RuleTable
from spatialgov_api.errors import problem_of

__all__ = ["AccessMiddleware"]

_REFUSED = (401, 403, 429)


class AccessMiddleware:
    """Let through what a rule allows and refuse the rest; write changes, exports and refusals to the audit log.

    It sets ``scope["principal"]``, ``scope["principal_name"]`` and ``scope["rule"]``, and the act (`spatialgov.acts`)
    of the request. A change stands in the log with its own transaction; an export and a sign-in are written before the
    first byte of the answer leaves: what can't be recorded is not given out.
    """

    def __init__(self, app: ASGIApp, access: Access, log: AuditLog) -> None:
        self._app = app
        self._access = access
        self._rules = RuleTable(RULES)
        self._log = log
        self._refusals = _RefusalLog(log)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer or refuse a request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # no rule allows one
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        rule, template = self._rules.find(scope["method"], path) or (None, path)
        act = Act("anonymous", f"{scope['method']} {template}", (scope.get("client") or ("",))[0])
        if "{" in template:
            act.details["path"] = path
        try:
            if rule is None:
                raise self._without_rule(scope, path)
            principal = ANONYMOUS if rule.permission is None else await self._access.principal(scope)
            act.who = principal.name
            if rule.permission is not None:
                principal.require(rule.permission)
        except (SpatialGovError, HTTPException) as error:
            answer = problem_of(Request(scope), error)
            if rule is not None and rule.kind != "question" and answer.status_code in _REFUSED:
                await self._refusals.add(act, answer.status_code)
            await answer(scope, receive, send)
            return
        scope["principal"], scope["principal_name"], scope["rule"] = principal, principal.name, rule
        with acting(act):
            if rule.kind == "question":
                await self._app(scope, receive, send)
            else:
                await _Recorded(self, scope, receive, send, act, rule).run()

    def _without_rule(self, scope: Scope, path: str) -> Exception:
        routes = [route for route in scope["app"].router.routes if not isinstance(route, Mount)]  # it takes any method
        if any(route.matches(scope)[0] == Match.FULL for route in routes):
            return ForbiddenError(
                t("Nobody may use this address: no rule says who may.", "此地址不开放：没有规则说明谁可以使用。"),
                remedy=t(
                    "The rules stand in spatialgov_api/access/rules.py.", "规则见 spatialgov_api/access/rules.py。"
                ),
            )
        if methods := self._rules.methods(path):
            return HTTPException(405, headers={"allow": ", ".join(methods)})
        return HTTPException(404)


class _Recorded:
    """The answer to a change or an export, on its way past the audit log."""

    def __init__(
        self, middleware: AccessMiddleware, scope: Scope, receive: Receive, send: Send, act: Act, rule: Rule
    ) -> None:
        self._middleware = middleware
        self._scope = scope
        self._receive = receive
        self._send = send
        self._act = act
        self._rule = rule
        self._replaced = False

    async def run(self) -> None:
        await self._middleware._app(self._scope, self._receive, self._pass)

    async def _pass(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            try:
                await self._record(message["status"])
            except StoreError as error:
                self._replaced = True
                answer = problem_of(Request(self._scope), error)
                await answer(self._scope, self._receive, self._send)
        if not self._replaced:
            await self._send(message)

    async def _record(self, status: int) -> None:
        act = self._act
        add = partial(self._middleware._log.add, act, str(status))
        if status in _REFUSED:
            await self._middleware._refusals.add(act, status)
        elif self._rule.kind == "change":
            if status >= 400 and act.recorded:  # it failed after a part of it was done
                await to_thread.run_sync(add)
        elif status < 400 and status != 304:
            if self._rule.kind == "reading" and self._middleware._access.readings.has(act):
                return
            act.kind = "export" if self._rule.kind in ("export", "reading") else "change"
            await to_thread.run_sync(add)
            if self._rule.kind == "reading":
                self._middleware._access.readings.note(act)


class _RefusalLog:
    """Writes refused attempts to the audit log, so many and no more: nobody shall fill a disk by being refused."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log
        self._one = Buckets(per_minute=20, size=40)
        self._all = Buckets(per_minute=120, size=240)
        self._left_out = 0

    async def add(self, act: Act, status: int) -> None:
        if self._one.take(act.address) or self._all.take(""):
            self._left_out += 1
            return
        details: dict[str, Any] = act.details | ({"left_out_before": self._left_out} if self._left_out else {})
        refused = Act(act.who, act.action, act.address, "refused", details)
        try:
            await to_thread.run_sync(self._log.add, refused, str(status))
        except StoreError:  # it is refused all the same
            self._left_out += 1
        else:
            self._left_out = 0
