"""The story, told with OpenTelemetry Python. Usage: story.py http|grpc"""

import json
import os
import sys

from opentelemetry import trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.metrics import Observation
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

if sys.argv[1] == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

T = 1_795_000_000_123_456_789
SCHEMA = "https://opentelemetry.io/schemas/1.37.0"
resource = Resource(
    {
        "service.name": os.environ["SENDER"],
        "service.version": "1.2.3",
        "deployment.regions": ["eu", "us"],
        "host.cores": 8,
        "host.load": 0.25,
        "host.spot": True,
    }
)

traces = TracerProvider(resource=resource)
traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = traces.get_tracer("senders.story", "4.5.6", SCHEMA)
root = tracer.start_span(
    "GET /orders/{id}",
    kind=SpanKind.SERVER,
    start_time=T,
    attributes={
        "text": 'grüße ☃ 𝄞 "quoted"\n',
        "empty": "",
        "yes": True,
        "no": False,
        "int": 42,
        "negative": -7,
        "double": 0.1,
        "tiny": 5e-324,
        "list.text": ["a", "ü"],
        "list.int": [1, 2, 3],
        "list.bool": [True, False],
        "list.double": [0.5, 1.5],
        "int.max": 9223372036854775807,
        "double.whole": 3.0,
    },
)
in_root = trace.set_span_in_context(root)
select = tracer.start_span("SELECT orders", in_root, SpanKind.CLIENT, start_time=T + 1000)
in_select = trace.set_span_in_context(select)
select.add_event("exception", {"exception.type": "Deadlock", "retry": 1}, T + 1500)
select.add_event("again", timestamp=T + 1501)
select.set_status(Status(StatusCode.ERROR, "deadlock"))
publish = tracer.start_span("publish", in_select, SpanKind.PRODUCER, start_time=T + 3000)
remote = SpanContext(
    0x0AF7651916CD43DD8448EB211C80319C,
    0xB7AD6B7169203331,
    is_remote=True,
    trace_flags=TraceFlags(TraceFlags.SAMPLED),
    trace_state=TraceState([("vendor", "value")]),
)
consume = tracer.start_span(
    "consume",
    trace.set_span_in_context(NonRecordingSpan(remote)),
    SpanKind.CONSUMER,
    links=[Link(publish.get_span_context(), {"reason": "follows"})],
    start_time=T + 4000,
)
consume.set_status(Status(StatusCode.OK))
compute = tracer.start_span("compute", in_root, start_time=T + 5000)

logs = LoggerProvider(resource=resource)
logs.add_log_record_processor(BatchLogRecordProcessor(OTLPLogExporter()))
logger = logs.get_logger("senders.story", "4.5.6", SCHEMA)
logger.emit(
    LogRecord(
        timestamp=T + 10,
        context=in_select,
        severity_number=SeverityNumber.INFO,
        severity_text="INFO",
        body="order placed",
        attributes={"order.id": 7, "order.ok": True},
    )
)
logger.emit(
    LogRecord(
        timestamp=T + 11,
        severity_number=SeverityNumber.ERROR,
        severity_text="ERROR",
        event_name="order.failed",
        body={
            "reason": "deadlock",
            "tries": 3,
            "ratio": 0.5,
            "ok": False,
            "list": ["a", 1],
            "inner": {"deep": True},
            "raw": b"\x00\x01\xff",
        },
    )
)
logger.emit(LogRecord(timestamp=T + 12, severity_number=SeverityNumber.TRACE))

publish.end(T + 3000)
select.end(T + 2001)
consume.end(T + 4007)
compute.end(T + 5009)
root.end(T + 1_000_000_001)

metrics = MeterProvider(
    [PeriodicExportingMetricReader(OTLPMetricExporter())],
    resource,
    views=[View(instrument_name="size", aggregation=ExponentialBucketHistogramAggregation())],
)
meter = metrics.get_meter("senders.story", "4.5.6", SCHEMA)
orders = meter.create_counter("orders", "{order}", "Orders placed")
orders.add(3, {"shop": "a"})
orders.add(4, {"shop": "a"})
orders.add(5, {"shop": "b"})
stock = meter.create_up_down_counter("stock")
stock.add(10)
stock.add(-3)
meter.create_gauge("temperature", "Cel").set(21.5)
meter.create_observable_counter("ticks", [lambda _: [Observation(7)]])
latency = meter.create_histogram("latency", "ms", explicit_bucket_boundaries_advisory=[10, 100, 500])
for value in [1.5, 50.0, 900.0]:
    latency.record(value)
size = meter.create_histogram("size", "By")
for value in [0.0, 1.0, 2.0, 4.0, 1000.0]:
    size.record(value)

for provider in (traces, logs, metrics):
    provider.shutdown()
spans = {"root": root, "select": select, "publish": publish, "consume": consume, "compute": compute}
ids = {name: format(span.get_span_context().span_id, "016x") for name, span in spans.items()}
print(json.dumps({"traceId": format(root.get_span_context().trace_id, "032x"), "ids": ids}))
