"""Accounts, API keys and the audit log, on both backends."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from spatialgov.acts import Act, acting, add_details
from spatialgov.errors import ConflictError, NotFoundError
from spatialgov.store import Store


def add(store: Store, name: str = "planner-east", **changes: object) -> None:
    values = {"role": "planner", "jurisdictions": ["999901001000"], "password_hash": "hash"} | changes
    store.accounts.add(name, **values)  # type: ignore[arg-type]


def test_an_account_comes_back_as_it_went_in(store: Store) -> None:
    add(store, jurisdictions=["999901002000", "999901001000", "999901002000"])
    account = store.accounts.get("planner-east")
    assert (account.name, account.role, account.token_version) == ("planner-east", "planner", 1)
    assert account.jurisdictions == ("999901002000", "999901001000")
    assert account.disabled_at is None
    assert timedelta(0) <= datetime.now(UTC) - account.created_at < timedelta(minutes=1)
    assert "hash" not in repr(account)
    with pytest.raises(ConflictError, match="planner-east"):
        add(store)
    with pytest.raises(NotFoundError):
        store.accounts.get("planner-west")


def test_a_role_that_is_none_is_refused_by_the_database(store: Store) -> None:
    with pytest.raises(ConflictError):
        add(store, role="king")
    assert store.accounts.all() == []


def test_changes_are_seen_by_other_connections_and_raise_the_revision(open_store: Callable[[], Store]) -> None:
    store, other = open_store(), open_store()
    assert other.accounts.revision() == ""
    revisions = [""]

    def changed() -> None:
        revisions.append(other.accounts.revision())
        assert revisions[-1] not in revisions[:-1]
        assert other.accounts.state().revision == revisions[-1]

    add(store)
    changed()
    store.accounts.change("planner-east", role="viewer", jurisdictions=[])
    changed()
    assert other.accounts.get("planner-east").jurisdictions == ()
    assert other.accounts.get("planner-east").token_version == 1
    store.accounts.change("planner-east", password_hash="another")
    changed()
    assert other.accounts.get("planner-east").token_version == 2
    store.accounts.change("planner-east", disabled=True)
    changed()
    account = other.accounts.get("planner-east")
    assert account.token_version == 3
    assert account.disabled_at is not None
    store.accounts.change("planner-east", disabled=False)
    assert other.accounts.get("planner-east").disabled_at is None
    key = store.accounts.add_key("planner-east", label="device", prefix="sgk_1", secret_hash="h1")
    changed()
    assert other.accounts.state().keys == {"h1": key}
    revoked = store.accounts.revoke_key(key.id)
    changed()
    assert other.accounts.state().keys == {}
    assert store.accounts.revoke_key(key.id).revoked_at == revoked.revoked_at
    assert other.accounts.keys() == [revoked]


def test_keys_belong_to_their_account(store: Store) -> None:
    add(store)
    add(store, "viewer", role="viewer")
    key = store.accounts.add_key("viewer", label="device", prefix="sgk_1", secret_hash="h1")
    assert store.accounts.keys("planner-east") == []
    with pytest.raises(NotFoundError):
        store.accounts.revoke_key(key.id, account="planner-east")
    with pytest.raises(NotFoundError):
        store.accounts.add_key("nobody", label="device", prefix="sgk_2", secret_hash="h2")
    with pytest.raises(ConflictError):
        store.accounts.add_key("viewer", label="device", prefix="sgk_1", secret_hash="h1")
    assert store.accounts.keys("viewer")[0].revoked_at is None


# the audit log -----------------------------------------------------------------------------------------------------


def test_a_change_stands_in_the_log_with_its_own_transaction(store: Store) -> None:
    act = Act("planner-east", "publish", "192.0.2.1")
    with acting(act):
        add_details(plan=7)
        store.set_note("a", "1")
        store.set_note("a", "2")
    (entry,) = store.audit.entries()
    assert (entry.who, entry.action, entry.address) == ("planner-east", "publish", "192.0.2.1")
    assert (entry.kind, entry.outcome, entry.details) == ("change", "done", {"plan": 7})
    assert entry.at.tzinfo is not None
    store.set_note("a", "3")  # nobody's act
    assert len(store.audit.entries()) == 1


def test_a_change_that_is_taken_back_is_not_in_the_log(store: Store) -> None:
    act = Act("cli", "fail")
    with acting(act), pytest.raises(RuntimeError), store._database.write():
        raise RuntimeError
    assert store.audit.entries() == []
    assert not act.recorded


def test_what_is_no_change_is_written_on_its_own(store: Store) -> None:
    with acting(Act("viewer", "GET /grids")):
        store.audit.add(Act("viewer", "GET /grids", kind="export", details={"n": 3}), "200")
        store.audit.add(Act("anonymous\0\ud800", "x" * 1000, kind="refused", details={"q": "\0"}), "401")
    newest, oldest = store.audit.entries()
    assert (oldest.kind, oldest.outcome, oldest.details) == ("export", "200", {"n": 3})
    assert (newest.who, len(newest.action), newest.details) == ("anonymous�?", 300, {"q": "�"})


def test_entries_come_newest_first_and_in_pages(store: Store) -> None:
    for number in range(5):
        store.audit.add(Act("cli", f"act {number}"), "done")
    assert [entry.action for entry in store.audit.entries(limit=2, offset=1)] == ["act 3", "act 2"]
    assert store.audit.entries(since=datetime.now(UTC) + timedelta(hours=1)) == []
    assert len(store.audit.entries(since=datetime.now(UTC) - timedelta(hours=1))) == 5


_REPLACE = (
    "INSERT OR REPLACE INTO audit_entry SELECT id, at, 'another', action, kind, outcome, address, details "
    "FROM audit_entry"
)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET who = 'another'",
        "DELETE FROM audit_entry",
        "DELETE FROM audit_entry WHERE id = 1",
        "the backend's own",
    ],
)
def test_the_database_refuses_to_change_the_log(store: Store, url: str, statement: str) -> None:
    if statement == "the backend's own":
        statement = _REPLACE if url.startswith("sqlite") else "TRUNCATE audit_entry"
    store.audit.add(Act("cli", "import"), "done")
    engine = sa.create_engine(url)
    try:
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
            connection.exec_driver_sql(statement)
    finally:
        engine.dispose()
    assert [entry.who for entry in store.audit.entries()] == ["cli"]
