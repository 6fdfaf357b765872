"""What the service can be told from outside: environment variables with the prefix ``SPATIALGOV_``."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from spatialgov.incidents import PUBLIC_MINIMUM

__all__ = ["Settings"]


class Settings(BaseSettings):
    """Settings of the service.

    Attributes
    ----------
    data_dir
        Folder of the store (``SPATIALGOV_DATA_DIR``).
    public_minimum
        Fewest incidents of a heat map's cell that is shown to whoever may not see exact counts; cells with fewer are
        suppressed and counted.
    secret
        What tokens are signed with, at least 32 characters (``SPATIALGOV_SECRET``); by default the file ``secret.key``
        of the data folder, which is made when it is missing. Several machines that serve one store must share it.
    token_minutes
        How long a bearer token holds.
    sign_in_minutes
        How long a browser that signed in stays so.
    key_requests_per_minute
        Requests that one API key may make, in each process that serves.
    cors_origins
        Origins (``https://maps.example.org``) whose pages may ask the API from a browser; none by default.
    """

    model_config = SettingsConfigDict(env_prefix="SPATIALGOV_", frozen=True)

    data_dir: Path = Path("spatialgov-data")
    public_minimum: int = PUBLIC_MINIMUM
    secret: SecretStr | None = None
    token_minutes: Annotated[float, Field(gt=0, le=24 * 60)] = 15
    sign_in_minutes: Annotated[float, Field(gt=0, le=7 * 24 * 60)] = 8 * 60
    key_requests_per_minute: Annotated[int, Field(ge=1)] = 60_000
    cors_origins: tuple[str, ...] = ()
