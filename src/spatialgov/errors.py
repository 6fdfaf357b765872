"""Every error that spatialgov raises on purpose: one root, one class a cause, each with a stable `code`.

The message says what is wrong and with what (file, row, column); `remedy` says what to do about it. Both are written
for a planner, in the current language (`spatialgov.language`). The service maps classes to HTTP statuses in one
table; the command line prints message and remedy and exits with 1 (2 for a wrong call).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from spatialgov.faults import Fault

__all__ = [
    "ClusterError",
    "CodeError",
    "ConflictError",
    "CoordinateError",
    "DatumError",
    "EditConflictError",
    "FaultyDataError",
    "ForbiddenError",
    "InfeasibleError",
    "InputError",
    "MissingAssetsError",
    "MissingColumnError",
    "NotFoundError",
    "NotSignedInError",
    "NothingPublishedError",
    "OutdatedListError",
    "ParameterError",
    "SpatialGovError",
    "StoreError",
    "TimeLimitError",
    "TooLargeError",
    "TooManyRequestsError",
    "UnreadableFileError",
]


class SpatialGovError(Exception):
    """Root of all errors raised on purpose.

    Parameters
    ----------
    message
        What is wrong, with the file, row and column where there is one.
    remedy
        What the reader can do about it.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()

    def __reduce__(self) -> tuple[Any, ...]:
        """Go from a worker to whoever asked it, whatever arguments the class takes."""
        return _made_again, (type(self), self.args, self.__dict__)


def _made_again(kind: type[SpatialGovError], args: tuple[Any, ...], state: dict[str, Any]) -> SpatialGovError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class InputError(SpatialGovError):
    """A value, an option or a file's content that can't be used."""

    code = "invalid_input"


class ParameterError(InputError):
    """A parameter of a query to a service that can't be used."""

    code = "invalid_parameter"


class UnreadableFileError(InputError):
    """A file that is missing, empty, truncated or of another format than its name says."""

    code = "unreadable_file"


class TooLargeError(InputError):
    """A file or a request that holds more than the stated limit."""

    code = "too_large"


class MissingColumnError(InputError):
    """A table lacks a column that the work needs."""

    code = "missing_column"


class DatumError(InputError):
    """An unknown datum, or data whose datum nobody named."""

    code = "invalid_datum"


class CoordinateError(InputError):
    """A coordinate that is not a place: NaN, infinite, beyond the range, or with its axes swapped."""

    code = "invalid_coordinate"


class ClusterError(SpatialGovError):
    """A cluster that can't be reached, or that loses its workers over a part of the work."""

    code = "cluster"


class CodeError(InputError):
    """A division, grid or camera code that breaks its scheme, or a scheme that has run out of numbers."""

    code = "invalid_code"


class FaultyDataError(InputError):
    """Data with faults that make the work unsafe; `faults` lists every one with its row and place."""

    code = "faulty_data"
    _shown = 5

    def __init__(self, message: str, faults: "Sequence[Fault]", *, remedy: str = "") -> None:
        super().__init__(message, remedy=remedy)
        self.faults = list(faults)

    def __str__(self) -> str:
        lines = [f"  {fault}" for fault in self.faults[: self._shown]]
        if len(self.faults) > self._shown:
            lines.append(f"  … (+{len(self.faults) - self._shown})")
        return "\n".join([self.message, *lines, self.remedy]).strip()


class InfeasibleError(SpatialGovError):
    """A request that no plan can meet; the message gives the limit, by how much, and the nearest feasible value."""

    code = "infeasible"


class NotFoundError(SpatialGovError):
    """A plan, grid, edition or layer that is not there."""

    code = "not_found"


class NothingPublishedError(NotFoundError):
    """A question that needs a published edition, and there is none (yet, or at that time)."""

    code = "nothing_published"


class ConflictError(SpatialGovError):
    """A change that something else has overtaken, or that the state of the plan forbids."""

    code = "conflict"


class EditConflictError(ConflictError):
    """A change of a draft that the entries of others have overtaken.

    Attributes
    ----------
    plan_id, sequence
        The plan, and the number of its newest journal entry.
    changes
        The entries in the way, each a plain mapping (`number`, `kind`, `of_number`, `who`, `made_at`, `why`, `moves`,
        `made`); `moves` lists the units that both changes concern: `unit_id`, `from_code`, `to_code`.
    """

    code = "edit_conflict"

    def __init__(
        self, message: str, *, plan_id: int, sequence: int, changes: "Sequence[dict[str, Any]]", remedy: str = ""
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.plan_id = plan_id
        self.sequence = sequence
        self.changes = list(changes)


class OutdatedListError(ConflictError):
    """A choice from a list that would be another list by now.

    Attributes
    ----------
    token
        Of the list as it is now.
    changed
        What has changed since: ``plan``, ``journal``, ``question``, kinds of data, ``list``.
    plan_id, sequence
        The plan that the list is about now, and the number of its newest journal entry.
    changes
        Its entries since the list was made, each a plain mapping as in `EditConflictError`.
    """

    code = "outdated_list"

    def __init__(
        self,
        message: str,
        *,
        token: str,
        changed: "Sequence[str]",
        plan_id: int,
        sequence: int,
        changes: "Sequence[dict[str, Any]]",
        remedy: str = "",
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.token = token
        self.changed = list(changed)
        self.plan_id = plan_id
        self.sequence = sequence
        self.changes = list(changes)


class TimeLimitError(SpatialGovError):
    """A question that takes longer than a request may."""

    code = "time_limit"


class NotSignedInError(SpatialGovError):
    """A request without credentials, or with credentials that don't hold (any more)."""

    code = "not_signed_in"


class ForbiddenError(SpatialGovError):
    """A request that the account's role or jurisdictions don't cover, or that this service refuses to anybody."""

    code = "forbidden"


class TooManyRequestsError(SpatialGovError):
    """More requests than are allowed in a time; `retry_after_s` says how many seconds to wait."""

    code = "too_many_requests"

    def __init__(self, message: str, *, remedy: str = "", retry_after_s: int = 1) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after_s = retry_after_s


class MissingAssetsError(SpatialGovError):
    """The third-party browser code is not where it should be: the build step that fetches it has not run."""

    code = "missing_assets"


class StoreError(SpatialGovError):
    """The store can't be opened, is of another version, or is damaged."""

    code = "store_unavailable"
