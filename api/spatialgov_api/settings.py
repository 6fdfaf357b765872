"""What the service can be told from outside: environment variables with the prefix ``SPATIALGOV_``."""

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["Settings"]


class Settings(BaseSettings):
    """Settings of the service.

    Attributes
    ----------
    data_dir
        Folder of the store (``SPATIALGOV_DATA_DIR``).
    public_minimum
        Fewest incidents of a heat map's cell that is shown; cells with fewer are suppressed and counted.
    most_seconds
        Time that a request may take before it is stopped (``SPATIALGOV_MOST_SECONDS``).
    """

    model_config = SettingsConfigDict(env_prefix="SPATIALGOV_", frozen=True)

    data_dir: Path = Path("spatialgov-data")
    public_minimum: int = 3
    most_seconds: Annotated[float, Field(gt=0)] = 120.0
