"""Logs for programs to read: one JSON object a line, in English whatever the language of the request.

Light to import: the workers of a server set up their logs before they load anything else.
"""

import json
import logging
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

__all__ = ["JsonLines", "log_config", "request_id"]

request_id: ContextVar[str | None] = ContextVar("spatialgov_request_id", default=None)
"""That of the request which is being answered here."""

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


class JsonLines(logging.Formatter):
    """Write a record as a line of JSON: time, level, logger, message, request id, what else it was given."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if (current := request_id.get()) is not None:
            line["request_id"] = current
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def log_config(*, access: bool) -> dict[str, Any]:
    """Give the configuration for `logging.config.dictConfig`: all on standard error, requests only with `access`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "spatialgov.logs.JsonLines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "root": {"level": "WARNING", "handlers": ["stderr"]},
        "loggers": {
            "spatialgov": {"level": "INFO"},
            "spatialgov.access": {"level": "INFO" if access else "WARNING"},
        },
    }
