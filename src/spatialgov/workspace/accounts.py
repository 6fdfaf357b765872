"""Accounts as their users and their administrator see them: names of posts, passwords, roles, API keys."""

import hashlib
import re
import secrets
from collections.abc import Sequence
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from spatialgov.codes import is_division_code
from spatialgov.errors import CodeError, InputError
from spatialgov.language import t
from spatialgov.store import ROLES, AccountRecord, ApiKeyRecord, Role, Store
from spatialgov.workspace.rights import EVERYWHERE

__all__ = ["KEY_START", "LEAST_PASSWORD", "MOST_PASSWORD", "Accounts", "key_hash"]

LEAST_PASSWORD, MOST_PASSWORD = 12, 256
"""Characters of a password."""

KEY_START = "sgk_"
"""What every API key begins with, so that one is recognised where it has no business to be."""

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)
_TAKEN = ("local", "cli", "anonymous")
"""Names that the audit log has for others."""

_PREFIX = len(KEY_START) + 8
_AT_ONCE = BoundedSemaphore(2)
"""Each check of a password takes 64 MiB and a core: more at once would be an attack on the machine."""


def key_hash(key: str) -> str:
    """Give the hash that a key is stored by. SHA-256 is enough for 256 random bits: there is nothing to guess."""
    return hashlib.sha256(key.encode()).hexdigest()


class Accounts:
    """The accounts of a workspace."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._hasher = PasswordHasher()  # argon2id with the parameters of RFC 9106 for little memory
        self._nobody: str | None = None

    def add(self, name: str, *, role: str, jurisdictions: Sequence[str], password: str | None) -> AccountRecord:
        """Add an account.

        Parameters
        ----------
        name
            Of a post, never of a person: small letters, digits and hyphens.
        role
            One of `ROLES`.
        jurisdictions
            Division codes; ``*`` for all ground, none for no ground.
        password
            None for an account that only uses API keys.

        Raises
        ------
        InputError, CodeError
            When a value can't be used.
        ConflictError
            When there is an account of this name.
        """
        _check_name(name)
        codes = self._checked_codes(jurisdictions)
        hashed = "" if password is None else self._hashed(password, name)
        return self._store.accounts.add(name, role=_role(role), jurisdictions=codes, password_hash=hashed)

    def set_role(self, name: str, role: str, jurisdictions: Sequence[str] | None = None) -> AccountRecord:
        """Change what an account may do, and where if codes are given."""
        codes = None if jurisdictions is None else self._checked_codes(jurisdictions)
        return self._store.accounts.change(name, role=_role(role), jurisdictions=codes)

    def set_password(self, name: str, password: str) -> AccountRecord:
        """Change the password of an account: whoever is signed in with the old one is signed out."""
        return self._store.accounts.change(name, password_hash=self._hashed(password, name))

    def disable(self, name: str, *, disabled: bool = True) -> AccountRecord:
        """Disable an account, with its tokens and API keys at once, or enable it again."""
        return self._store.accounts.change(name, disabled=disabled)

    def verified(self, account: AccountRecord | None, password: str) -> bool:
        """Whether the password is that of the account; takes as long for no account as for any."""
        usable = account is not None and account.password_hash and account.disabled_at is None
        if self._nobody is None:
            self._nobody = self._hasher.hash(secrets.token_urlsafe())
        stored = account.password_hash if account is not None and usable else self._nobody
        with _AT_ONCE:
            try:
                self._hasher.verify(stored, password[: MOST_PASSWORD + 1])
            except (VerificationError, InvalidHashError):
                return False
        return bool(usable)

    def add_key(self, account: str, label: str) -> tuple[str, ApiKeyRecord]:
        """Add an API key with the rights of an account; gives the key, which is shown this once, and its record."""
        if not label.strip() or len(label) > 100:
            raise InputError(
                t("The label of a key has 1 to 100 characters.", "密钥用途说明应为 1 至 100 个字符。"),
                remedy=t("Say what it is for, e.g. “field app, east”.", "请说明用途，例如“东片移动端”。"),
            )
        key = KEY_START + secrets.token_urlsafe(32)
        record = self._store.accounts.add_key(
            account, label=label.strip(), prefix=key[:_PREFIX], secret_hash=key_hash(key)
        )
        return key, record

    def _hashed(self, password: str, name: str) -> str:
        if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD or name in password:
            raise InputError(
                t(
                    "A password has {least} to {most} characters and does not contain the account's name.",
                    "密码应为 {least} 至 {most} 个字符，且不得包含账户名。",
                    least=LEAST_PASSWORD,
                    most=MOST_PASSWORD,
                ),
                remedy=t("Four or five random words make a good one.", "四五个随机词语即为好密码。"),
            )
        return self._hasher.hash(password)

    def _checked_codes(self, codes: Sequence[str]) -> list[str]:
        known = set(self._store.jurisdictions()["code"])
        for code in codes:
            if code != EVERYWHERE and (code not in known if known else not is_division_code(code)):
                raise CodeError(
                    t("There is no jurisdiction {code}.", "没有行政区划 {code}。", code=repr(code)),
                    remedy=t(
                        "Give a 12-digit code of the imported jurisdictions, or * for all ground.",
                        "请给出已导入行政区划的 12 位代码，或用 * 表示全部范围。",
                    ),
                )
        return list(codes)


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > 63 or name in _TAKEN:
        raise InputError(
            t("“{name}” can't be the name of an account.", "“{name}” 不能用作账户名。", name=name),
            remedy=t(
                "Name the post, not a person: small letters, digits and hyphens, e.g. planner-east.",
                "请用岗位名而非人名：小写字母、数字和连字符，如 planner-east。",
            ),
        )


def _role(role: str) -> Role:
    for known in ROLES:
        if known == role:
            return known
    raise InputError(
        t("There is no role {role}.", "没有角色 {role}。", role=repr(role)),
        remedy=t("Roles: {names}.", "可用角色：{names}。", names=", ".join(ROLES)),
    )
