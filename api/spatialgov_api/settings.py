"""What the service can be told from outside: environment variables with the prefix ``SPATIALGOV_``."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, NonNegativeInt
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["Settings"]


class Settings(BaseSettings):
    """Settings of the service.

    Attributes
    ----------
    data_dir
        Folder of the store, and of what is derived from it (``SPATIALGOV_DATA_DIR``).
    database_url
        The store, when it is not in the folder (``SPATIALGOV_DATABASE_URL``).
    public_minimum
        Fewest incidents of a heat map's cell that is shown; cells with fewer are suppressed and counted.
    job_processes
        How many jobs may run at once, of all servers of the store together; 0 for a server that runs none.
    most_seconds
        Time that a request may take before it is stopped (``SPATIALGOV_MOST_SECONDS``).
    """

    model_config = SettingsConfigDict(env_prefix="SPATIALGOV_", frozen=True, env_ignore_empty=True)

    data_dir: Path = Path("spatialgov-data")
    database_url: str | None = Field(default=None, repr=False)  # it may hold a password
    public_minimum: int = 3
    job_processes: NonNegativeInt = 1
    most_seconds: Annotated[float, Field(gt=0)] = 120.0
