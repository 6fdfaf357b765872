"""The HTTP face of the workspace: ``create_app(settings, store)``."""

from spatialgov_api.app import create_app
from spatialgov_api.settings import Settings

__all__ = ["Settings", "create_app"]
