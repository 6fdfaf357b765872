"""Accounts, the jurisdictions that they are limited to, and their API keys."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from spatialgov.acts import add_details
from spatialgov.errors import ConflictError, NotFoundError
from spatialgov.language import t
from spatialgov.store.database import Database
from spatialgov.store.models import Account, AccountJurisdiction, ApiKey, table_of
from spatialgov.store.notes import new_revision, read_note, revision_key
from spatialgov.store.records import AccountRecord, ApiKeyRecord, Role

__all__ = ["AccountState", "AccountTables"]

_ACCOUNT, _JURISDICTION, _KEY = table_of(Account), table_of(AccountJurisdiction), table_of(ApiKey)
_KIND = "accounts"


@dataclass(frozen=True, slots=True)
class AccountState:
    """All accounts and keys as they were at one moment.

    Attributes
    ----------
    revision
        Changes with every change of an account or a key; "" as long as there was none.
    accounts
        By name.
    keys
        Those that hold, by the hash of their secret.
    """

    revision: str
    accounts: dict[str, AccountRecord]
    keys: dict[str, ApiKeyRecord]


class AccountTables:
    """The accounts of a store, as `store.accounts`. There is no way to delete one: the audit log names it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def revision(self) -> str:
        """Give the revision of accounts and keys, see `AccountState`: the cheap question whether anything changed."""
        with self._database.read(as_spare=True) as connection:
            return _revision(connection)

    def state(self) -> AccountState:
        """Give all accounts and all keys that hold."""
        with self._database.read(as_spare=True) as connection:
            accounts = {account.name: account for account in _accounts(connection)}
            keys = {key.secret_hash: key for key in _keys(connection, _KEY.c.revoked_at.is_(None))}
            return AccountState(_revision(connection), accounts, keys)

    def all(self) -> list[AccountRecord]:
        """Give all accounts, disabled ones too, by name."""
        with self._database.read() as connection:
            return _accounts(connection)

    def get(self, name: str) -> AccountRecord:
        """Give an account, or raise `NotFoundError`."""
        with self._database.read() as connection:
            return _existing(connection, name)

    def add(self, name: str, *, role: Role, jurisdictions: Iterable[str], password_hash: str) -> AccountRecord:
        """Add an account.

        Raises
        ------
        ConflictError
            When there is one of this name.
        """
        values = {
            "name": name,
            "role": role,
            "password_hash": password_hash,
            "token_version": 1,
            "created_at": datetime.now(UTC),
        }
        with self._database.write() as connection:
            if connection.scalar(sa.select(_ACCOUNT.c.id).where(_ACCOUNT.c.name == name)) is not None:
                raise ConflictError(
                    t("There is an account {name} already.", "账户 {name} 已存在。", name=name),
                    remedy=t("Take another name, or change the account.", "请换一个名称，或修改该账户。"),
                )
            account_id = connection.scalar(sa.insert(_ACCOUNT).returning(_ACCOUNT.c.id), values)
            _set_jurisdictions(connection, account_id, jurisdictions)
            new_revision(connection, _KIND)
            add_details(account=name)
            return _existing(connection, name)

    def change(
        self,
        name: str,
        *,
        role: Role | None = None,
        jurisdictions: Iterable[str] | None = None,
        password_hash: str | None = None,
        disabled: bool | None = None,
    ) -> AccountRecord:
        """Change what is given of an account; with another password, or disabled, its tokens don't hold any more.

        Raises
        ------
        NotFoundError
            When there is no such account.
        """
        with self._database.write() as connection:
            account = _existing(connection, name)
            values: dict[str, Any] = {}
            if role is not None:
                values["role"] = role
            if password_hash is not None:
                values["password_hash"] = password_hash
            if disabled is not None:
                values["disabled_at"] = datetime.now(UTC) if disabled else None
            if password_hash is not None or disabled:
                values["token_version"] = account.token_version + 1
            if values:
                connection.execute(sa.update(_ACCOUNT).where(_ACCOUNT.c.id == account.id).values(values))
            if jurisdictions is not None:
                connection.execute(sa.delete(_JURISDICTION).where(_JURISDICTION.c.account_id == account.id))
                _set_jurisdictions(connection, account.id, jurisdictions)
            new_revision(connection, _KIND)
            add_details(account=name)
            return _existing(connection, name)

    def add_key(self, account: str, *, label: str, prefix: str, secret_hash: str) -> ApiKeyRecord:
        """Add an API key to an account; gives it without its secret."""
        with self._database.write() as connection:
            values = {
                "account_id": _existing(connection, account).id,
                "label": label,
                "prefix": prefix,
                "secret_hash": secret_hash,
                "created_at": datetime.now(UTC),
            }
            key_id = connection.scalar(sa.insert(_KEY).returning(_KEY.c.id), values)
            new_revision(connection, _KIND)
            add_details(account=account, key=key_id)
            return next(iter(_keys(connection, _KEY.c.id == key_id)))

    def keys(self, account: str | None = None) -> list[ApiKeyRecord]:
        """Give the API keys of one account or of all, revoked ones too, oldest first."""
        with self._database.read() as connection:
            return _keys(connection, sa.true() if account is None else _ACCOUNT.c.name == account)

    def revoke_key(self, key_id: int, *, account: str | None = None) -> ApiKeyRecord:
        """Revoke an API key; one that is revoked stays so.

        Parameters
        ----------
        account
            Only if it belongs to this account.

        Raises
        ------
        NotFoundError
            When there is no such key.
        """
        with self._database.write() as connection:
            mine = sa.true() if account is None else _ACCOUNT.c.name == account
            found = _keys(connection, sa.and_(_KEY.c.id == key_id, mine))
            if not found:
                raise NotFoundError(
                    t("There is no API key {id}.", "没有编号为 {id} 的 API 密钥。", id=key_id),
                    remedy=t("List the keys to see their numbers.", "请查看密钥列表中的编号。"),
                )
            holds = sa.and_(_KEY.c.id == key_id, _KEY.c.revoked_at.is_(None))
            connection.execute(sa.update(_KEY).where(holds).values(revoked_at=datetime.now(UTC)))
            new_revision(connection, _KIND)
            add_details(account=found[0].account, key=key_id)
            return _keys(connection, _KEY.c.id == key_id)[0]


def _revision(connection: Connection) -> str:
    return read_note(connection, revision_key(_KIND)) or ""


def _set_jurisdictions(connection: Connection, account_id: int | None, codes: Iterable[str]) -> None:
    rows = [{"account_id": account_id, "code": code} for code in dict.fromkeys(codes)]
    if rows:
        connection.execute(sa.insert(_JURISDICTION), rows)


def _accounts(connection: Connection, *conditions: sa.ColumnElement[bool]) -> list[AccountRecord]:
    limits: dict[int, list[str]] = {}
    for account_id, code in connection.execute(
        sa.select(_JURISDICTION.c.account_id, _JURISDICTION.c.code).order_by(_JURISDICTION.c.id)
    ):
        limits.setdefault(account_id, []).append(code)
    query = sa.select(_ACCOUNT).where(*conditions).order_by(_ACCOUNT.c.name)
    return [
        AccountRecord(**row._mapping, jurisdictions=tuple(limits.get(row.id, ()))) for row in connection.execute(query)
    ]


def _existing(connection: Connection, name: str) -> AccountRecord:
    found = _accounts(connection, _ACCOUNT.c.name == name)
    if not found:
        raise NotFoundError(
            t("There is no account {name}.", "没有账户 {name}。", name=name),
            remedy=t("List them: spatialgov account list.", "请查看列表：spatialgov account list。"),
        )
    return found[0]


def _keys(connection: Connection, condition: sa.ColumnElement[bool]) -> list[ApiKeyRecord]:
    columns = [column for column in _KEY.c if column.name != "account_id"]
    query = sa.select(*columns, _ACCOUNT.c.name.label("account")).join(_ACCOUNT, _ACCOUNT.c.id == _KEY.c.account_id)
    return [ApiKeyRecord(**row._mapping) for row in connection.execute(query.where(condition).order_by(_KEY.c.id))]
