"""The HTTP face of the workspace: ``create_app(settings, store)``."""

from spatialgov.quick_imports import quick_imports

with quick_imports():
    from spatialgov_api.app import create_app
    from spatialgov_api.http_protocol import LookupProtocol
    from spatialgov_api.settings import Settings

__all__ = ["LookupProtocol", "Settings", "create_app"]
