/** What is sent as an integer; -0 is none, or its sign would be lost. */
export const isInteger = (value: number): boolean => Number.isSafeInteger(value) && !Object.is(value, -0)

/** OTLP's numbers of its enums. Source: opentelemetry/proto/{trace,metrics}/v1 */
export const SPAN_KINDS = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const
export const STATUS_CODES = { unset: 0, ok: 1, error: 2 } as const
export const TEMPORALITIES = { delta: 1, cumulative: 2 } as const
