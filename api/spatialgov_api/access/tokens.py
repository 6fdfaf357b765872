"""Bearer tokens: short-lived, signed (JWT, HS256), and worth nothing once the account's password has changed."""

import os
import secrets
import stat
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import jwt
from pydantic import SecretStr

from spatialgov.errors import InputError, StoreError
from spatialgov.language import t
from spatialgov.store import AccountRecord

__all__ = ["SECRET_FILE", "Claims", "Tokens"]

SECRET_FILE = "secret.key"
LEAST_SECRET = 32
"""Bytes: as many as the hash has (RFC 7518, 3.2)."""

_ISSUER = "spatialgov"
_ALGORITHM = "HS256"
_REQUIRED = ["sub", "iat", "nbf", "exp", "jti", "iss", "aud", "version"]
_LONGEST = 2048
_MOST_KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says: whose it is, of which version (`AccountRecord`), and until when (seconds since 1970)."""

    name: str
    version: int
    until: float


class Tokens:
    """Makes tokens and reads them.

    Parameters
    ----------
    data_dir
        Where the secret is kept when it is not given.
    secret
        See `Settings.secret`.

    Raises
    ------
    InputError
        When the secret is too short.
    """

    def __init__(self, data_dir: Path, secret: SecretStr | None) -> None:
        self._file = data_dir / SECRET_FILE
        self._secret = None if secret is None else secret.get_secret_value().encode()
        if self._secret is not None and len(self._secret) < LEAST_SECRET:
            raise InputError(
                t("SPATIALGOV_SECRET is too short.", "SPATIALGOV_SECRET 过短。"),
                remedy=t("Give it at least {n} random characters.", "请使用至少 {n} 个随机字符。", n=LEAST_SECRET),
            )
        self._reading = Lock()
        self._read: dict[str, Claims] = {}

    def issue(self, account: AccountRecord, minutes: float) -> str:
        """Give a token that holds for some minutes from now."""
        now = time.time()
        claims = {
            "iss": _ISSUER,
            "aud": _ISSUER,
            "sub": account.name,
            "iat": int(now),
            "nbf": int(now),
            "exp": int(now + minutes * 60),
            "jti": secrets.token_urlsafe(16),
            "version": account.token_version,
        }
        return jwt.encode(claims, self._key(), algorithm=_ALGORITHM)

    def claims(self, token: str) -> Claims | None:
        """Give what a token says, None when it is none of ours or does not hold at this moment.

        The signature of a token is checked once; its time is looked at each time.
        """
        known = self._read.get(token)
        if known is None:
            known = self._checked(token)
            if known is None:
                return None
            if len(self._read) >= _MOST_KEPT:
                self._read.clear()
            self._read[token] = known
        return known if time.time() < known.until else None

    def _checked(self, token: str) -> Claims | None:
        if len(token) > _LONGEST:
            return None
        try:
            # The one algorithm is ours to choose: what the token's header names is not listened to.
            said = jwt.decode(
                token,
                self._key(),
                algorithms=[_ALGORITHM],
                issuer=_ISSUER,
                audience=_ISSUER,
                options={"require": _REQUIRED},
            )
            return Claims(str(said["sub"]), int(said["version"]), float(said["exp"]))
        except (jwt.InvalidTokenError, ValueError, TypeError, RecursionError):
            return None

    def _key(self) -> bytes:
        with self._reading:
            if self._secret is None:
                self._secret = _secret_of(self._file)
            return self._secret


def _secret_of(file: Path) -> bytes:
    """Read the secret; make it when it is missing. Of several processes that make one, the first wins."""
    try:
        if not file.exists():
            _make(file)
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise StoreError(
                t("{file} can be read by others.", "{file} 可被其他用户读取。", file=file),
                remedy=t(
                    "Delete it (all tokens end), or: chmod 600 {file}",
                    "请删除该文件（所有令牌随之失效），或执行：chmod 600 {file}",
                    file=file,
                ),
            )
        secret = file.read_bytes().strip()
    except OSError as error:
        raise StoreError(
            t(
                "The secret {file} can't be used: {error}.",
                "密钥文件 {file} 无法使用：{error}。",
                file=file,
                error=error,
            ),
            remedy=t(
                "Check the folder's rights, or set SPATIALGOV_SECRET.", "请检查文件夹权限，或设置 SPATIALGOV_SECRET。"
            ),
        ) from error
    if len(secret) < LEAST_SECRET:
        raise StoreError(
            t("The secret {file} is too short or damaged.", "密钥文件 {file} 过短或已损坏。", file=file),
            remedy=t(
                "Delete it: a new one is made, and all tokens end.", "请删除该文件：将生成新密钥，所有令牌随之失效。"
            ),
        )
    return secret


def _make(file: Path) -> None:
    beside = file.with_name(f"{file.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as opened:
            opened.write(secrets.token_urlsafe(48))
            opened.flush()
            os.fsync(opened.fileno())
        os.link(beside, file)  # unlike a renaming, this never takes the place of another's
    except FileExistsError:
        pass
    finally:
        beside.unlink()
