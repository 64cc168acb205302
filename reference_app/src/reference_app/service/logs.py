"""Logs as one line of JSON each: correlated by trace id, and without what people asked."""

import json
import logging
import re
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from traceback import extract_tb
from types import TracebackType

import opentelemetry.trace as trace

LONGEST_MESSAGE = 300  # characters
SECRETS = re.compile(
    r"qa_[a-z0-9]{8}_\S+"  # an API key
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"  # a token
    r"|(?<=://)[^/@\s]+@"  # a password in a URL
    r"|(?i:(?<=bearer )|(?<=basic ))\S+"
)

log = logging.getLogger("reference_app")


def event(name: str, level: int = logging.INFO, **fields: str | float | bool | None) -> None:
    """Log that something happened; the fields never hold a person's words."""
    log.log(level, name, extra={"fields": fields})


def redact(text: str) -> str:
    """A text of a library without secrets, cut to a readable length."""
    return SECRETS.sub("[redacted]", text)[:LONGEST_MESSAGE]


class JsonFormatter(logging.Formatter):
    """One JSON object per line; JSON escapes line ends, so nobody can forge a line."""

    def __init__(self, module: str) -> None:
        super().__init__()
        self._module = module

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        span = trace.get_current_span().get_span_context()
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "module": self._module,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        if span.is_valid:
            line["trace_id"] = trace.format_trace_id(span.trace_id)
            line["span_id"] = trace.format_span_id(span.span_id)
        fields = getattr(record, "fields", None)
        if isinstance(fields, Mapping):
            line |= {name: _plain(value) for name, value in fields.items()}
        if record.exc_info and record.exc_info[0] is not None:
            line |= failure(record.exc_info[0], record.exc_info[2])
        return json.dumps(line, ensure_ascii=True)


def failure(kind: type[BaseException], place: TracebackType | None) -> dict[str, str]:
    """An exception as fields: what and where, but not its message, which may quote a question."""
    frames = extract_tb(place)[-5:]
    where = " < ".join(f"{frame.name}:{frame.lineno}" for frame in reversed(frames))
    return {"exception": kind.__name__, "at": where}


def configure_logs(module: str) -> None:
    """Send all logs of the process to standard error as JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(module))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    log.setLevel(logging.INFO)


def _plain(value: object) -> object:
    return redact(value) if isinstance(value, str) else value
