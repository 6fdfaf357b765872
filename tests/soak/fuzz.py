"""``python -m tests.soak.fuzz``: whatever fits or breaks the API's document, every answer is one that it promises.

Schemathesis reads the OpenAPI document and makes requests from it: the document's examples, each boundary of each
value, random ones that fit it, random ones that don't, and chains of requests that use each other's answers. All of
its checks judge the answers: no status from 500 up, no status or media type that is not documented, no body that its
schema forbids, no nonsense that is accepted, no sense that is refused, 405 for other methods.

The service is a small town's, in this process and made anew for each round, or any that runs (``--url``); it must be
one that may be changed. Of the town, one round is without accounts, and one for each role. A service with accounts
wants the header of one::

    python -m tests.soak.fuzz --cases 20000
    python -m tests.soak.fuzz --url http://127.0.0.1:8000 --header "Authorization: Bearer …"
"""

import argparse
import math
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import pyarrow as pa
import schemathesis
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.python.asgi import shutdown_lifespans
from starlette.types import ASGIApp, Receive, Scope, Send

from spatialgov.store import ROLES
from spatialgov_api import Settings, create_app
from spatialgov_api.access.rules import RULES
from spatialgov_api.point_columns import ARROW, NDJSON
from tests.soak.small_town import small_town

__all__ = ["Findings", "fuzz", "prepare"]

_ROUND_CASES = 1500
"""About so many requests a round: then a new town, which has not grown."""
_REFUSED = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "429"]
"""What may answer a request that breaks the document."""
_ANSWERED = ["2xx", "304", "401", "403", "404", "409", "422", "429"]
"""What may answer a request that fits the document: it can't say which plans there are or where the grids lie."""

_FILES = ("application/geopackage+sqlite3", "application/zip")
_DEGREES = st.floats(-200, 200) | st.floats() | st.floats(116.599, 116.605)


def _arrow_stream(columns: dict[str, list[float]]) -> bytes:
    sink = pa.BufferOutputStream()
    table = pa.table(columns)
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    body: bytes = sink.getvalue().to_pybytes()
    return body


def _as_bytes(_context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def _register_bodies() -> None:
    """Tell schemathesis how the bodies look that JSON Schema can't describe: sound ones, and any bytes."""
    columns = st.fixed_dictionaries({"lon": st.lists(_DEGREES, max_size=5), "lat": st.lists(_DEGREES, max_size=5)})
    sound = columns.filter(lambda c: len(c["lon"]) == len(c["lat"])).map(_arrow_stream)
    schemathesis.serializer(NDJSON, ARROW, *_FILES)(_as_bytes)
    for kind in _FILES:
        schemathesis.openapi.media_type(kind, st.binary(max_size=200))
    schemathesis.openapi.media_type(ARROW, sound | st.binary(max_size=200))


def _filter_failure(_context: Any, failure: Any, case: Any, response: Any) -> bool:
    """Let pass what is right: a 404 for what a body names, and truth values that are texts on their way.

    A body may name what is not there, a unit for example, while the plan itself must be found. Where schemathesis puts
    a truth value in place of a text, queries and lines of text carry the text "true".
    """
    named_in_body = failure.title == "Created resource not found" and "There is no plan" not in response.text
    texts = [f"parameter `{name}` in query" for name, value in (case.query or {}).items() if isinstance(value, bool)]
    if case.media_type == NDJSON and isinstance(case.body, bool):
        texts.append("in body")
    as_text = failure.title == "Schema-violating request accepted" and any(t in failure.message for t in texts)
    return not ((named_in_body and case.body) or as_text)


@dataclass
class Findings:
    """What came of the requests.

    Attributes
    ----------
    cases
        Requests that were made.
    statuses
        Their answers by status.
    failures
        Operation and failed check → the first request and what was wrong with its answer.
    errors
        What kept the run from going on as it should.
    """

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)

    def add(self, scenario: events.ScenarioFinished) -> None:
        """Count the requests of a scenario and keep what failed."""
        recorder = scenario.recorder
        self.cases += len(recorder.cases)
        self.statuses.update(i.response.status_code for i in recorder.interactions.values() if i.response is not None)
        for checks in recorder.checks.values():
            for check in checks:
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    key = f"{recorder.label}: {check.name}"
                    text = f"{failure.title}\n{failure.message}\n{check.failure_info.code_sample}"
                    self.failures.setdefault(key, text)


def prepare() -> None:
    """Tell schemathesis what the document can't."""
    _register_bodies()
    schemathesis.hook("filter_failure")(_filter_failure)


def fuzz(schema: Any, findings: Findings) -> None:
    """Run all phases of schemathesis over a schema."""
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            findings.add(event)
        elif isinstance(event, events.NonFatalError):
            findings.errors.append(f"{event.label}: {event.value!r}")
        elif isinstance(event, events.FatalError):
            raise event.exception


def configuration(
    operations: int, cases: int, seed: int, headers: Mapping[str, str], *, quick: bool = False
) -> SchemathesisConfig:
    """Give the settings for a round: about `cases` random requests, every check on; `quick` makes only those."""
    # Boundaries take some seventy requests an operation, whatever the number of random ones.
    examples = math.ceil(cases / operations)
    return SchemathesisConfig.from_dict(
        {
            "seed": seed,
            "continue-on-failure": True,
            "request-timeout": 300,  # compiled at the first call
            "headers": dict(headers),
            "phases": {"coverage": {"enabled": not quick}, "stateful": {"enabled": not quick}},
            "generation": {"mode": "all", "max-examples": examples},
            "checks": {
                "negative_data_rejection": {"expected-statuses": _REFUSED},
                "positive_data_acceptance": {"expected-statuses": _ANSWERED},
                "ignored_auth": {"enabled": bool(headers)},  # without accounts the service is open to its own machine
            },
        }
    )


@contextmanager
def town_schema(cases: int, seed: int, role: str | None, *, quick: bool = False) -> Iterator[Any]:
    """Give the schema of a new small town's service, in this process, as one role is served; None: open to all."""
    with tempfile.TemporaryDirectory() as folder, small_town(Path(folder)) as workspace:
        headers = {}
        if role is not None:
            workspace.accounts.add(role, role=role, jurisdictions=["*"], password=None)
            headers["X-API-Key"] = workspace.accounts.add_key(role, "fuzz")[0]
        app = create_app(Settings(data_dir=workspace.data_dir), workspace.store)
        config = configuration(len(RULES), cases, seed, headers, quick=quick)
        try:
            yield schemathesis.openapi.from_asgi("/openapi.json", _asked_from_here(app), config=config, headers=headers)
        finally:
            shutdown_lifespans()  # else the service would look for jobs in the removed folder until the process ends


def _asked_from_here(app: ASGIApp) -> ASGIApp:
    """Have every request come from this machine: without accounts the service answers no other."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            others = [header for header in scope["headers"] if header[0] != b"host"]
            scope = {**scope, "client": ("127.0.0.1", 50000), "headers": [(b"host", b"localhost"), *others]}
        await app(scope, receive, send)

    return asked


def main() -> None:
    """Make the requests that were asked for; status 1 when an answer was not as promised."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=20_000, help="requests at least (20,000)")
    parser.add_argument("--seed", type=int, default=0, help="the same seed makes the same requests")
    parser.add_argument("--url", help="a service that runs and may be changed; a small town in this process otherwise")
    parser.add_argument("--header", action="append", default=[], metavar="NAME: VALUE", help="sent with each request")
    wanted = parser.parse_args()
    headers = {name.strip(): value.strip() for name, _, value in (h.partition(":") for h in wanted.header)}
    prepare()
    findings, began, told = Findings(), time.monotonic(), 0
    for turn, role in enumerate(cycle([None, *ROLES])):
        cases, seed = min(wanted.cases - findings.cases, _ROUND_CASES), wanted.seed + turn
        if cases <= 0:
            break
        if wanted.url:
            url = f"{wanted.url.rstrip('/')}/openapi.json"
            config = configuration(len(RULES), cases, seed, headers)
            fuzz(schemathesis.openapi.from_url(url, config=config, headers=headers), findings)
        else:
            with town_schema(cases, seed, role) as schema:
                fuzz(schema, findings)
        asker = "your headers" if wanted.url else role or "no account"
        found = f"{findings.cases:,} requests, {len(findings.failures)} failures"
        print(f"round {turn + 1} ({asker}): {found}, {time.monotonic() - began:.0f} s", file=sys.stderr)
        for key, text in list(findings.failures.items())[told:]:
            print(f"\n== {key}\n{text}", flush=True)
        told = len(findings.failures)
    for error in findings.errors:
        print(f"\n== error: {error}")
    statuses = ", ".join(f"{status}: {count:,}" for status, count in sorted(findings.statuses.items()))
    print(f"\n{findings.cases:,} requests; {statuses}; {len(findings.failures)} failures")
    sys.exit(bool(findings.failures or findings.errors))


if __name__ == "__main__":
    main()
