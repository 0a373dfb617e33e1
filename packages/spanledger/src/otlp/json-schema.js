const one = (number, type, oneof) => ({
  number,
  type,
  repeated: false,
  ...(oneof === undefined ? {} : { oneof }),
})
const many = (number, type) => ({
  number,
  type,
  repeated: true,
})
const message = (number, of, oneof) => ({
  number,
  type: 'message',
  repeated: false,
  message: of,
  ...(oneof === undefined ? {} : { oneof }),
})
const messages = (number, of) => ({
  number,
  type: 'message',
  repeated: true,
  message: of,
})
const enumeration = (number, prefix, names) => ({
  number,
  type: 'enum',
  repeated: false,
  names: Object.fromEntries(names.map((name, value) => [prefix + name, value])),
})
const fields = (of) => new Map(Object.entries(of))
export const ARRAY_VALUE = fields({ values: messages(1, () => ANY_VALUE) })
export const KVLIST_VALUE = fields({ values: messages(1, () => KEY_VALUE) })
const ANY_VALUE = fields({
  stringValue: one(1, 'string', 'value'),
  boolValue: one(2, 'bool', 'value'),
  intValue: one(3, 'int64', 'value'),
  doubleValue: one(4, 'double', 'value'),
  arrayValue: message(5, () => ARRAY_VALUE, 'value'),
  kvlistValue: message(6, () => KVLIST_VALUE, 'value'),
  bytesValue: one(7, 'bytes', 'value'),
})
const KEY_VALUE = fields({ key: one(1, 'string'), value: message(2, () => ANY_VALUE) })
const attributes = (number) => messages(number, () => KEY_VALUE)
const ENTITY_REF = fields({
  schemaUrl: one(1, 'string'),
  type: one(2, 'string'),
  idKeys: many(3, 'string'),
  descriptionKeys: many(4, 'string'),
})
const RESOURCE = fields({
  attributes: attributes(1),
  droppedAttributesCount: one(2, 'uint32'),
  entityRefs: messages(3, () => ENTITY_REF),
})
const SCOPE = fields({
  name: one(1, 'string'),
  version: one(2, 'string'),
  attributes: attributes(3),
  droppedAttributesCount: one(4, 'uint32'),
})
const EVENT = fields({
  timeUnixNano: one(1, 'fixed64'),
  name: one(2, 'string'),
  attributes: attributes(3),
  droppedAttributesCount: one(4, 'uint32'),
})
const LINK = fields({
  traceId: one(1, 'id'),
  spanId: one(2, 'id'),
  traceState: one(3, 'string'),
  attributes: attributes(4),
  droppedAttributesCount: one(5, 'uint32'),
  flags: one(6, 'fixed32'),
})
const STATUS = fields({
  message: one(2, 'string'),
  code: enumeration(3, 'STATUS_CODE_', ['UNSET', 'OK', 'ERROR']),
})
const SPAN = fields({
  traceId: one(1, 'id'),
  spanId: one(2, 'id'),
  traceState: one(3, 'string'),
  parentSpanId: one(4, 'id'),
  name: one(5, 'string'),
  kind: enumeration(6, 'SPAN_KIND_', ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']),
  startTimeUnixNano: one(7, 'fixed64'),
  endTimeUnixNano: one(8, 'fixed64'),
  attributes: attributes(9),
  droppedAttributesCount: one(10, 'uint32'),
  events: messages(11, () => EVENT),
  droppedEventsCount: one(12, 'uint32'),
  links: messages(13, () => LINK),
  droppedLinksCount: one(14, 'uint32'),
  status: message(15, () => STATUS),
  flags: one(16, 'fixed32'),
})
const SEVERITIES = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'].flatMap((name) => [
  name,
  `${name}2`,
  `${name}3`,
  `${name}4`,
])
const LOG_RECORD = fields({
  timeUnixNano: one(1, 'fixed64'),
  severityNumber: enumeration(2, 'SEVERITY_NUMBER_', ['UNSPECIFIED', ...SEVERITIES]),
  severityText: one(3, 'string'),
  body: message(5, () => ANY_VALUE),
  attributes: attributes(6),
  droppedAttributesCount: one(7, 'uint32'),
  flags: one(8, 'fixed32'),
  traceId: one(9, 'id'),
  spanId: one(10, 'id'),
  observedTimeUnixNano: one(11, 'fixed64'),
  eventName: one(12, 'string'),
})
const EXEMPLAR = fields({
  timeUnixNano: one(2, 'fixed64'),
  asDouble: one(3, 'double', 'value'),
  spanId: one(4, 'id'),
  traceId: one(5, 'id'),
  asInt: one(6, 'sfixed64', 'value'),
  filteredAttributes: attributes(7),
})
const TIMES = { startTimeUnixNano: one(2, 'fixed64'), timeUnixNano: one(3, 'fixed64') }
const NUMBER_POINT = fields({
  ...TIMES,
  asDouble: one(4, 'double', 'value'),
  exemplars: messages(5, () => EXEMPLAR),
  asInt: one(6, 'sfixed64', 'value'),
  attributes: attributes(7),
  flags: one(8, 'uint32'),
})
const HISTOGRAM_POINT = fields({
  ...TIMES,
  count: one(4, 'fixed64'),
  sum: one(5, 'double'),
  bucketCounts: many(6, 'fixed64'),
  explicitBounds: many(7, 'double'),
  exemplars: messages(8, () => EXEMPLAR),
  attributes: attributes(9),
  flags: one(10, 'uint32'),
  min: one(11, 'double'),
  max: one(12, 'double'),
})
const BUCKETS = fields({ offset: one(1, 'sint32'), bucketCounts: many(2, 'uint64') })
const EXPONENTIAL_POINT = fields({
  attributes: attributes(1),
  ...TIMES,
  count: one(4, 'fixed64'),
  sum: one(5, 'double'),
  scale: one(6, 'sint32'),
  zeroCount: one(7, 'fixed64'),
  positive: message(8, () => BUCKETS),
  negative: message(9, () => BUCKETS),
  flags: one(10, 'uint32'),
  exemplars: messages(11, () => EXEMPLAR),
  min: one(12, 'double'),
  max: one(13, 'double'),
  zeroThreshold: one(14, 'double'),
})
const QUANTILE = fields({ quantile: one(1, 'double'), value: one(2, 'double') })
const SUMMARY_POINT = fields({
  ...TIMES,
  count: one(4, 'fixed64'),
  sum: one(5, 'double'),
  quantileValues: messages(6, () => QUANTILE),
  attributes: attributes(7),
  flags: one(8, 'uint32'),
})
const temporality = enumeration(2, 'AGGREGATION_TEMPORALITY_', ['UNSPECIFIED', 'DELTA', 'CUMULATIVE'])
const METRIC = fields({
  name: one(1, 'string'),
  description: one(2, 'string'),
  unit: one(3, 'string'),
  gauge: message(5, () => GAUGE, 'data'),
  sum: message(7, () => SUM, 'data'),
  histogram: message(9, () => HISTOGRAM, 'data'),
  exponentialHistogram: message(10, () => EXPONENTIAL, 'data'),
  summary: message(11, () => SUMMARY, 'data'),
  metadata: attributes(12),
})
const GAUGE = fields({ dataPoints: messages(1, () => NUMBER_POINT) })
const SUM = fields({
  dataPoints: messages(1, () => NUMBER_POINT),
  aggregationTemporality: temporality,
  isMonotonic: one(3, 'bool'),
})
const HISTOGRAM = fields({
  dataPoints: messages(1, () => HISTOGRAM_POINT),
  aggregationTemporality: temporality,
})
const EXPONENTIAL = fields({
  dataPoints: messages(1, () => EXPONENTIAL_POINT),
  aggregationTemporality: temporality,
})
const SUMMARY = fields({ dataPoints: messages(1, () => SUMMARY_POINT) })
function request(resources, scopes, records, record) {
  const scope = fields({
    scope: message(1, () => SCOPE),
    [records]: messages(2, () => record),
    schemaUrl: one(3, 'string'),
  })
  const resource = fields({
    resource: message(1, () => RESOURCE),
    [scopes]: messages(2, () => scope),
    schemaUrl: one(3, 'string'),
  })
  return fields({ [resources]: messages(1, () => resource) })
}
export const REQUESTS = {
  traces: request('resourceSpans', 'scopeSpans', 'spans', SPAN),
  logs: request('resourceLogs', 'scopeLogs', 'logRecords', LOG_RECORD),
  metrics: request('resourceMetrics', 'scopeMetrics', 'metrics', METRIC),
}
