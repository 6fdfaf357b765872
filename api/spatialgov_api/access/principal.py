"""Who asks, and what they may do."""

from dataclasses import dataclass
from typing import Literal

from spatialgov.errors import ForbiddenError
from spatialgov.language import t
from spatialgov.store import AccountRecord
from spatialgov.workspace import EVERYWHERE, PERMISSIONS, Permission

__all__ = ["ANONYMOUS", "LOCAL", "Principal"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks.

    Attributes
    ----------
    name
        Of the account; ``local`` where there are no accounts, ``anonymous`` for whoever shows no credentials.
    role
        Of the account; "" where there is none.
    jurisdictions
        Division codes, see `AccountRecord`.
    permissions
        What they may do.
    came_by
        How: by a bearer token, an API key, the cookie of the sign-in page, or without any of them.
    """

    name: str
    role: str
    jurisdictions: frozenset[str]
    permissions: frozenset[Permission]
    came_by: Literal["token", "key", "cookie", "nothing"]

    @classmethod
    def of(cls, account: AccountRecord, came_by: Literal["token", "key", "cookie"]) -> "Principal":
        """Give the principal of an account."""
        return cls(account.name, account.role, frozenset(account.jurisdictions), PERMISSIONS[account.role], came_by)

    def require(self, permission: Permission) -> None:
        """Raise `ForbiddenError` when they lack a permission."""
        if permission not in self.permissions:
            raise ForbiddenError(
                t(
                    "The role {role} lacks the permission “{permission}”.",
                    "角色 {role} 没有“{permission}”权限。",
                    role=self.role,
                    permission=permission.value,
                ),
                remedy=t(
                    "Use an account with another role; docs/access.md lists them.",
                    "请使用其他角色的账户，见 docs/access.md。",
                ),
            )


LOCAL = Principal(
    # Nobody has signed in: whatever is open to all counts as public, and its small counts are suppressed.
    "local",
    "",
    frozenset({EVERYWHERE}),
    frozenset(Permission) - {Permission.EXACT_COUNTS},
    "nothing",
)
ANONYMOUS = Principal("anonymous", "", frozenset(), frozenset(), "nothing")
