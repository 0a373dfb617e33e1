/** Text longer than this is cut: telemetry can hold megabytes where a person expects a word. */
export const PLAIN_CHARACTERS_MAX = 10_000

// Escape sequences go whole, so that "\x1b[31mred" reads "red" and not "[31mred": CSI, then OSC/DCS/SOS/PM/APC up to their
// terminator, then the two-character ones.
const ESCAPE_SEQUENCE =
  // oxlint-disable-next-line no-control-regex
  /(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]?|(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?|\u001b[ -/]*[0-~]?/g

// Controls, and what has no glyph of its own: zero-width, bidi controls and isolates, variation selectors, tags, fillers. Each of
// them can make a terminal or a reader show, or hide, something other than what is there.
const INVISIBLE = /(?!\n)[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zl}\p{Zp}]/gu

const SUSPECT = /[^\u0020-\u007e]/

/**
 * Untrusted text as one line that is safe to print: every name, message and body from telemetry goes through here (or
 * through `plainLines`) on its way to a terminal.
 *
 * Runs of line ends and tabs become one space; half surrogate pairs become U+FFFD; more than PLAIN_CHARACTERS_MAX is cut, marked with "…".
 */
export const plain = (text: string): string =>
  plainLines(text)
    .replaceAll(/[\n ]*\n[\n ]*/g, ' ')
    .trim()

/** As `plain`, with line ends kept. */
export function plainLines(text: string): string {
  const cut = text.length > PLAIN_CHARACTERS_MAX ? text.slice(0, PLAIN_CHARACTERS_MAX - 1) + '…' : text
  if (!SUSPECT.test(cut)) return cut
  return cut
    .replaceAll(/\r\n?|[\u0085\u2028\u2029]/g, '\n')
    .replaceAll('\t', ' ')
    .replaceAll(ESCAPE_SEQUENCE, '')
    .replaceAll(INVISIBLE, '')
    .replaceAll(/\p{Surrogate}/gu, '\ufffd')
}
