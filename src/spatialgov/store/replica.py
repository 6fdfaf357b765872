"""A read replica beside the primary: whether it may be asked just now, and how far it is behind.

PostgreSQL copies the data (streaming replication). Here a thread compares, twice a second, how far the primary has
written its log with how far the replica has replayed it. Time is taken on one clock, this process's.
"""

import logging
import time
from collections import deque
from contextlib import ExitStack
from dataclasses import dataclass, replace
from threading import Event, Thread
from typing import Any, Literal

from sqlalchemy import exc
from sqlalchemy.engine import Connection, Engine

from spatialgov.store.reading import current_reading
from spatialgov.store.schema import VERSION_TABLE, newest_revision
from spatialgov.store.urls import shown_url, without_password

__all__ = ["MOST_LAG_S", "Replica", "ReplicaState"]

MOST_LAG_S = 10.0
"""A replica that is further behind is not asked."""

_LOOK_S = 0.5
_MOST_MARKS = 1000

_WRITTEN = "SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint"
_REPLAYED = f"""
    SELECT CASE WHEN pg_is_in_recovery() THEN (pg_last_wal_replay_lsn() - '0/0'::pg_lsn)::bigint END, version_num
    FROM {VERSION_TABLE}"""

_log = logging.getLogger("spatialgov.store")


@dataclass(frozen=True, slots=True)
class ReplicaState:
    """How a replica is.

    Attributes
    ----------
    state
        ``in_use``; ``behind``: too far to be asked; ``gone``: it does not answer.
    lag_s
        By how much it is behind, to half a second; None where that is not known.
    primary_answers
        Whether the primary does.
    """

    state: Literal["in_use", "behind", "gone"]
    lag_s: float | None
    primary_answers: bool


class Replica:
    """The replica of a store.

    Parameters
    ----------
    engine
        Its connections that only read.
    primary_look, look
        Connections to both for the thread that looks, which do not wait long for an answer.
    most_lag_s
        See `MOST_LAG_S`.
    """

    def __init__(self, engine: Engine, primary_look: Engine, look: Engine, most_lag_s: float) -> None:
        self.engine = engine
        self._primary_look, self._look_engine = primary_look, look
        self._most_lag_s = most_lag_s
        self._marks: deque[tuple[float, int]] = deque()
        self._state = ReplicaState("gone", None, True)
        self._said: str = ""
        self._has_met = False
        self._stopping = Event()
        self._thread = Thread(target=self._watch, name="replica", daemon=True)

    def start(self) -> None:
        """Look for the first time, then go on looking in a thread."""
        self._look()
        self._thread.start()

    def close(self) -> None:
        """Stop looking and close all connections."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        for engine in (self.engine, self._primary_look, self._look_engine):
            engine.dispose()

    @property
    def state(self) -> ReplicaState:
        """How it is."""
        return self._state

    def begin(self, stack: ExitStack, *, as_spare: bool) -> Connection | None:
        """Begin to read from it where the current reading may; None where the primary is to be asked.

        Parameters
        ----------
        stack
            Ends the transaction.
        as_spare
            Whether to read from it only because the primary does not answer.
        """
        this, state = current_reading(), self._state
        wanted = not state.primary_answers if as_spare else this is not None and this.may_lag
        if not wanted or state.state != "in_use":
            return None
        try:
            return stack.enter_context(self.engine.begin())
        except (exc.SQLAlchemyError, self.engine.dialect.loaded_dbapi.Error) as error:
            self._lost(error)
            return None

    def primary_lost(self) -> None:
        """Read what can be read from the replica, until the primary answers again."""
        self._state = replace(self._state, primary_answers=False)

    def broken_off(self, error: Exception) -> None:
        """Take note of what went wrong while it was read from."""
        state = getattr(getattr(error, "orig", None) or error, "sqlstate", None)
        lost = state is None or state.startswith("57P")
        if lost:
            self._lost(error)
        if (lost or state == "40001") and (this := current_reading()) is not None:  # 40001: replaying came first
            this.broken_off = True

    def _lost(self, error: Exception) -> None:
        """Let nobody else wait for it until it answers again."""
        self._set(ReplicaState("gone", None, self._state.primary_answers), error)

    def _watch(self) -> None:
        while not self._stopping.wait(_LOOK_S):
            try:
                self._look()
            except Exception:
                _log.exception("the replica could not be looked after")

    def _look(self) -> None:
        primary_answers = True
        try:
            self._mark(_row(self._primary_look, _WRITTEN)[0])
        except _errors(self._primary_look):
            primary_answers = False
        try:
            replayed, revision = _row(self._look_engine, _REPLAYED)
        except _errors(self._look_engine) as error:
            self._set(ReplicaState("gone", None, primary_answers), error)
            return
        if replayed is None:  # its URL leads to the primary while there is no replica: another look may find one
            self._look_engine.dispose()
            self.engine.dispose()
            self._set(ReplicaState("gone", None, primary_answers), "it is the primary")
            return
        lag_s = self._lag(replayed)
        if revision != newest_revision():
            self._set(ReplicaState("behind", lag_s, primary_answers), f"its schema is {revision}")
            return
        # when the primary is gone nothing better is to be had, and nothing is added to it
        in_use = not primary_answers or (lag_s is not None and lag_s <= self._most_lag_s)
        self._set(ReplicaState("in_use" if in_use else "behind", lag_s, primary_answers), "")

    def _mark(self, written: int) -> None:
        """Remember when the primary had written so much."""
        if self._marks and self._marks[-1][1] == written:
            return
        if len(self._marks) >= _MOST_MARKS:  # the lag is rather taken for longer than it is
            since, _ = self._marks.pop()
            self._marks.append((since, written))
        else:
            self._marks.append((time.monotonic(), written))

    def _lag(self, replayed: int) -> float | None:
        """Give for how long something has been written that is not replayed yet; None until that was so once."""
        while self._marks and self._marks[0][1] <= replayed:
            self._marks.popleft()
            self._has_met = True
        if not self._has_met:
            return None
        return time.monotonic() - self._marks[0][0] if self._marks else 0.0

    def _set(self, state: ReplicaState, why: Exception | str) -> None:
        self._state = state
        if state.state == self._said:
            return
        self._said = state.state
        where = shown_url(self.engine.url)
        if state.state == "in_use":
            _log.warning("the replica %s is asked", where)
        else:
            lag = "" if state.lag_s is None else f" ({state.lag_s:.1f} s)"
            said = without_password(str(why).strip().partition("\n")[0], self.engine.url)
            _log.warning("the replica %s is %s%s, the primary is asked: %s", where, state.state, lag, said)


def _row(engine: Engine, query: str) -> Any:
    with engine.connect() as connection:
        return connection.exec_driver_sql(query).one()


def _errors(engine: Engine) -> tuple[type[Exception], ...]:
    return exc.SQLAlchemyError, engine.dialect.loaded_dbapi.Error
