"""What the service can be told from outside: environment variables with the prefix ``SPATIALGOV_``."""

from pathlib import Path

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
    """

    model_config = SettingsConfigDict(env_prefix="SPATIALGOV_", frozen=True)

    data_dir: Path = Path("spatialgov-data")
    public_minimum: int = 3
