const LINE_FEED = 0x0a
/** Longer texts live outside of the small heap that is cleaned for nothing, and 1 MiB even outside of V8's: a tenth of sealing's CPU. */
const TEXT_BYTES = 64 * 1024

/** Some lines, as Latin-1 text: its positions are the bytes', and V8 searches it without leaving JavaScript. */
export interface LineText {
  /** Where the text begins in the bytes. */
  from: number
  text: string
}

/** Bytes as texts that end where a line does. */
export function* lineTexts(bytes: Buffer): Generator<LineText, void, void> {
  for (let from = 0; from < bytes.length;) {
    const to = lineEndAbout(bytes, from)
    yield { from, text: bytes.toString('latin1', from, to) }
    from = to
  }
}

function lineEndAbout(bytes: Buffer, from: number): number {
  if (from + TEXT_BYTES >= bytes.length) return bytes.length
  const before = bytes.lastIndexOf(LINE_FEED, from + TEXT_BYTES) + 1
  if (before > from) return before
  return bytes.indexOf(LINE_FEED, from + TEXT_BYTES) + 1 || bytes.length
}
