/** The format this code writes, and the newest it reads. Source: docs/reference/ledger-format.md. */
export const LEDGER_VERSION = 1
/** A writer starts its next segment when this one would grow beyond. A single larger batch still makes one larger segment. */
export const SEGMENT_BYTES_MAX = 64 * 1024 * 1024
/** With its line feed. */
export const LINE_BYTES_MAX = 16 * 1024 * 1024
/** One read of a reader: 1 MiB reads at memory speed; larger ones gain nothing and cost resident memory. */
export const READ_BYTES = 1024 * 1024
