"""Traces by OpenTelemetry: one id follows a request through the modules and into every log line."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_format = TraceContextTextMapPropagator()


def configure_traces(module: str) -> None:
    """Make this process a source of spans."""
    trace.set_tracer_provider(TracerProvider(resource=Resource({"service.name": module})))


@contextmanager
def serving(name: str, headers: Mapping[str, str] | None) -> Iterator[str]:
    """A span for a request, in its caller's trace when headers are given; yields the trace id."""
    parent = Context() if headers is None else _format.extract(headers, Context())
    tracer = trace.get_tracer("reference_app")
    with tracer.start_as_current_span(
        name, parent, kind=SpanKind.SERVER, record_exception=False
    ) as span:
        yield trace.format_trace_id(span.get_span_context().trace_id)


def outgoing() -> dict[str, str]:
    """The headers that carry the current trace to the next module."""
    headers: dict[str, str] = {}
    _format.inject(headers)
    return headers
