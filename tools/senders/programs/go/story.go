// The story, told with OpenTelemetry Go. Usage: story http|grpc
package main

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploggrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlplog/otlploghttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

const (
	base   = int64(1_795_000_000_123_456_789)
	scope  = "senders.story"
	schema = "https://opentelemetry.io/schemas/1.37.0"
)

func at(nanos int64) time.Time { return time.Unix(0, base+nanos) }

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func exporters(ctx context.Context) (sdktrace.SpanExporter, sdklog.Exporter, sdkmetric.Exporter) {
	if os.Args[1] == "grpc" {
		return must(otlptracegrpc.New(ctx)), must(otlploggrpc.New(ctx)), must(otlpmetricgrpc.New(ctx))
	}
	return must(otlptracehttp.New(ctx)), must(otlploghttp.New(ctx)), must(otlpmetrichttp.New(ctx))
}

func main() {
	ctx := context.Background()
	spanExporter, logExporter, metricExporter := exporters(ctx)
	from := resource.NewSchemaless(
		attribute.String("service.name", os.Getenv("SENDER")),
		attribute.String("service.version", "1.2.3"),
		attribute.StringSlice("deployment.regions", []string{"eu", "us"}),
		attribute.Int("host.cores", 8),
		attribute.Float64("host.load", 0.25),
		attribute.Bool("host.spot", true),
	)

	traces := sdktrace.NewTracerProvider(sdktrace.WithBatcher(spanExporter), sdktrace.WithResource(from))
	tracer := traces.Tracer(scope, trace.WithInstrumentationVersion("4.5.6"), trace.WithSchemaURL(schema))
	start := func(in context.Context, name string, kind trace.SpanKind, nanos int64, more ...trace.SpanStartOption) (context.Context, trace.Span) {
		return tracer.Start(in, name, append(more, trace.WithSpanKind(kind), trace.WithTimestamp(at(nanos)))...)
	}
	inRoot, root := start(ctx, "GET /orders/{id}", trace.SpanKindServer, 0, trace.WithAttributes(
		attribute.String("text", "grüße ☃ 𝄞 \"quoted\"\n"),
		attribute.String("empty", ""),
		attribute.Bool("yes", true),
		attribute.Bool("no", false),
		attribute.Int("int", 42),
		attribute.Int("negative", -7),
		attribute.Float64("double", 0.1),
		attribute.Float64("tiny", 5e-324),
		attribute.StringSlice("list.text", []string{"a", "ü"}),
		attribute.IntSlice("list.int", []int{1, 2, 3}),
		attribute.BoolSlice("list.bool", []bool{true, false}),
		attribute.Float64Slice("list.double", []float64{0.5, 1.5}),
		attribute.Int64("int.max", math.MaxInt64),
		attribute.Float64("double.whole", 3),
	))
	inSelect, sel := start(inRoot, "SELECT orders", trace.SpanKindClient, 1000)
	sel.AddEvent("exception", trace.WithTimestamp(at(1500)), trace.WithAttributes(attribute.String("exception.type", "Deadlock"), attribute.Int("retry", 1)))
	sel.AddEvent("again", trace.WithTimestamp(at(1501)))
	sel.SetStatus(codes.Error, "deadlock")
	_, publish := start(inSelect, "publish", trace.SpanKindProducer, 3000)
	remote := trace.NewSpanContext(trace.SpanContextConfig{
		TraceID:    must(trace.TraceIDFromHex("0af7651916cd43dd8448eb211c80319c")),
		SpanID:     must(trace.SpanIDFromHex("b7ad6b7169203331")),
		TraceFlags: trace.FlagsSampled,
		TraceState: must(trace.ParseTraceState("vendor=value")),
		Remote:     true,
	})
	_, consume := start(trace.ContextWithSpanContext(ctx, remote), "consume", trace.SpanKindConsumer, 4000, trace.WithLinks(trace.Link{
		SpanContext: publish.SpanContext(),
		Attributes:  []attribute.KeyValue{attribute.String("reason", "follows")},
	}))
	consume.SetStatus(codes.Ok, "")
	_, compute := start(inRoot, "compute", trace.SpanKindInternal, 5000)

	logs := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(logExporter)), sdklog.WithResource(from))
	logger := logs.Logger(scope, log.WithInstrumentationVersion("4.5.6"), log.WithSchemaURL(schema))
	var placed, failed, bare log.Record
	placed.SetTimestamp(at(10))
	placed.SetSeverity(log.SeverityInfo)
	placed.SetSeverityText("INFO")
	placed.SetBody(attribute.StringValue("order placed"))
	placed.AddAttributes(attribute.Int("order.id", 7), attribute.Bool("order.ok", true))
	logger.Emit(inSelect, placed)
	failed.SetTimestamp(at(11))
	failed.SetSeverity(log.SeverityError)
	failed.SetSeverityText("ERROR")
	failed.SetEventName("order.failed")
	failed.SetBody(attribute.MapValue(
		attribute.String("reason", "deadlock"),
		attribute.Int("tries", 3),
		attribute.Float64("ratio", 0.5),
		attribute.Bool("ok", false),
		attribute.Slice("list", attribute.StringValue("a"), attribute.IntValue(1)),
		attribute.Map("inner", attribute.Bool("deep", true)),
		attribute.ByteSlice("raw", []byte{0, 1, 255}),
	))
	logger.Emit(ctx, failed)
	bare.SetTimestamp(at(12))
	bare.SetSeverity(log.SeverityTrace)
	logger.Emit(ctx, bare)

	publish.End(trace.WithTimestamp(at(3000)))
	sel.End(trace.WithTimestamp(at(2001)))
	consume.End(trace.WithTimestamp(at(4007)))
	compute.End(trace.WithTimestamp(at(5009)))
	root.End(trace.WithTimestamp(at(1_000_000_001)))

	exponential := sdkmetric.NewView(
		sdkmetric.Instrument{Name: "size"},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}},
	)
	metrics := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(metricExporter)), sdkmetric.WithResource(from), sdkmetric.WithView(exponential))
	meter := metrics.Meter(scope, metric.WithInstrumentationVersion("4.5.6"), metric.WithSchemaURL(schema))
	orders := must(meter.Int64Counter("orders", metric.WithUnit("{order}"), metric.WithDescription("Orders placed")))
	shop := func(name string) metric.AddOption { return metric.WithAttributes(attribute.String("shop", name)) }
	orders.Add(ctx, 3, shop("a"))
	orders.Add(ctx, 4, shop("a"))
	orders.Add(ctx, 5, shop("b"))
	stock := must(meter.Int64UpDownCounter("stock"))
	stock.Add(ctx, 10)
	stock.Add(ctx, -3)
	must(meter.Float64Gauge("temperature", metric.WithUnit("Cel"))).Record(ctx, 21.5)
	must(meter.Int64ObservableCounter("ticks", metric.WithInt64Callback(func(_ context.Context, observer metric.Int64Observer) error {
		observer.Observe(7)
		return nil
	})))
	latency := must(meter.Float64Histogram("latency", metric.WithUnit("ms"), metric.WithExplicitBucketBoundaries(10, 100, 500)))
	for _, value := range []float64{1.5, 50, 900} {
		latency.Record(ctx, value)
	}
	size := must(meter.Float64Histogram("size", metric.WithUnit("By")))
	for _, value := range []float64{0, 1, 2, 4, 1000} {
		size.Record(ctx, value)
	}

	check(traces.Shutdown(ctx))
	check(logs.Shutdown(ctx))
	check(metrics.Shutdown(ctx))
	ids := map[string]string{}
	for name, span := range map[string]trace.Span{"root": root, "select": sel, "publish": publish, "consume": consume, "compute": compute} {
		ids[name] = span.SpanContext().SpanID().String()
	}
	check(json.NewEncoder(os.Stdout).Encode(map[string]any{"traceId": root.SpanContext().TraceID().String(), "ids": ids}))
}
