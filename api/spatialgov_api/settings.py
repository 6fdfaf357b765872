"""What the service can be told from outside: environment variables with the prefix ``SPATIALGOV_``."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, NonNegativeInt, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from spatialgov.errors import InputError
from spatialgov.incidents import PUBLIC_MINIMUM
from spatialgov.incidents.times import zone_named
from spatialgov.store import MOST_LAG_S
from spatialgov.workspace.time_steps import DEFAULT_ZONE

__all__ = ["Settings"]


def _known_zone(name: str) -> str:
    try:
        zone_named(name)
    except InputError as error:
        raise ValueError(error.message) from error
    return name


class Settings(BaseSettings):
    """Settings of the service.

    Attributes
    ----------
    data_dir
        Folder of the store, and of what is derived from it (``SPATIALGOV_DATA_DIR``).
    database_url
        The store, when it is not in the folder (``SPATIALGOV_DATABASE_URL``).
    public_minimum
        Fewest incidents of a heat map's cell that is shown to whoever may not see exact counts; cells with fewer are
        suppressed and counted.
    job_processes
        How many jobs may run at once, of all servers of the store together; 0 for a server that runs none.
    timezone
        IANA name of the zone whose hours, days and months count in analyses (``SPATIALGOV_TIMEZONE``).
    most_seconds
        Time that a request may take before it is stopped (``SPATIALGOV_MOST_SECONDS``).
    secret
        What tokens are signed with, at least 32 characters (``SPATIALGOV_SECRET``); by default the file ``secret.key``
        of the data folder, which is made when it is missing. Several machines that serve one store must share it.
    token_minutes
        How long a bearer token holds.
    sign_in_minutes
        How long a browser that signed in stays so.
    key_requests_per_minute
        Requests that one API key may make, in each process that serves.
    read_database_url
        A read replica of the store (``SPATIALGOV_READ_DATABASE_URL``): what may lag is read from it, as long as it
        answers and is not too far behind.
    most_lag_seconds
        So far behind it may be (``SPATIALGOV_MOST_LAG_SECONDS``).
    shared_url
        Folder, or URL of an object store as fsspec has it, by which the hosts of a store hand each other editions,
        tiles and results of jobs (``SPATIALGOV_SHARED_URL``). They must share the `secret` then.
    cors_origins
        Origins (``https://maps.example.org``) whose pages may ask the API from a browser; none by default.
    nation_dir
        Folder of a national table to be served beside the store (``SPATIALGOV_NATION_DIR``); none by default.
    """

    model_config = SettingsConfigDict(env_prefix="SPATIALGOV_", frozen=True, env_ignore_empty=True)

    data_dir: Path = Path("spatialgov-data")
    database_url: str | None = Field(default=None, repr=False)  # it may hold a password
    read_database_url: str | None = Field(default=None, repr=False)
    most_lag_seconds: Annotated[float, Field(gt=0, le=3600)] = MOST_LAG_S
    shared_url: str | None = Field(default=None, repr=False)
    public_minimum: int = PUBLIC_MINIMUM
    job_processes: NonNegativeInt = 1
    timezone: Annotated[str, AfterValidator(_known_zone)] = DEFAULT_ZONE
    most_seconds: Annotated[float, Field(gt=0)] = 120.0
    secret: SecretStr | None = None
    token_minutes: Annotated[float, Field(gt=0, le=24 * 60)] = 15
    sign_in_minutes: Annotated[float, Field(gt=0, le=7 * 24 * 60)] = 8 * 60
    key_requests_per_minute: Annotated[int, Field(ge=1)] = 60_000
    cors_origins: tuple[str, ...] = ()
    nation_dir: Path | None = None
