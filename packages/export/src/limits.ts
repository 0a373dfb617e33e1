/** One encoded request; a batch that is larger is sent in parts. Collectors take 4 MiB over gRPC by default, 64 MiB over HTTP. */
export const REQUEST_BYTES_MAX = 4 * 1024 * 1024

/** An answer; what comes beyond it is not read, and the connection is closed. Source: OTLP specification 1.10. */
export const ANSWER_BYTES_MAX = 4 * 1024 * 1024

/** One attempt when the environment asks for no limit with 0. */
export const ATTEMPT_MS_MAX = 10 * 60_000

/** The longest wait a collector can ask for (Retry-After, RetryInfo); more counts as this. */
export const RETRY_AFTER_MS_MAX = 5 * 60_000

/** Waits between attempts: random up to this, doubling from the first. */
export const BACKOFF_MS = { first: 1_000, max: 30_000 }

/** After so many failed attempts in a row nothing is tried for `openMs.first`; each failed probe doubles it up to `max`. */
export const BREAKER = { failuresMax: 5, openMs: { first: 5_000, max: 60_000 } }

/** One file of the spool; a request larger than it gets a file of its own. */
export const SPOOL_FILE_BYTES_MAX = 4 * 1024 * 1024

/** All files of one process and signal; beyond it the oldest file is dropped, and what was in it counted. */
export const SPOOL_BYTES_MAX = 64 * 1024 * 1024

/** Files whose process cannot be seen from here, on another host say, are taken over after so long without a change. */
export const SPOOL_SILENT_MS = 60 * 60_000

/** How long a request is tried again where there is no spool; then it is dropped. Queues fill up meanwhile, and count. */
export const RETRY_MS_MAX = 30_000

/** forceFlush and shutdown of an exporter; whoever ends a program does not wait longer for a collector that is away. */
export const FLUSH_MS_MAX = 10_000

/** What a shutdown may take beyond that: it waits for no collector any more, only for the disk of the spool. */
export const CLOSE_MS_MAX = 1_000
