/** A line of the ledger; a record whose line would be longer is rejected (partial success). Source: ledger-format.md */
export const LINE_BYTES_MAX = 16 * 1024 * 1024

/**
 * All lines of one request: records past it are rejected. A two-byte log record makes a line of 28 bytes, so a request of
 * 64 MiB could otherwise ask for a gigabyte.
 */
export const REQUEST_LINES_BYTES_MAX = 128 * 1024 * 1024

/**
 * Values and members of one OTLP/JSON request; more are malformed. 64 MiB of `{},` would be 2 GB of objects and take 18 s to
 * read, in which nobody else is answered. A span with 12 attributes has about 75.
 */
export const JSON_VALUES_MAX = 6 * 1024 * 1024

/** Arrays and maps inside one another in one value; deeper is malformed. */
export const NESTING_MAX = 64

/** Capacity a line buffer keeps from one request to the next. */
export const BUFFER_BYTES_KEPT = 8 * 1024 * 1024

/** Attribute names whose JSON and policy are remembered; when they are full, the memory starts anew. */
export const KEYS_MAX = 4096
export const KEY_BYTES_MAX = 128

/** Origins and metrics whose definition is remembered; when full, the memory starts anew. */
export const DEFINITIONS_MAX = 4096
