/** Columns a text takes in a terminal. The text has passed `plain`; colours may be in it. */
export function displayWidth(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length
  let width = 0
  for (const character of text.replaceAll(COLOUR, '')) width += characterWidth(character.codePointAt(0)!)
  return width
}

/** The text in exactly so many columns at most, its end replaced by "…" where it does not fit. */
export function fit(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text
  if (columns < 1) return ''
  let kept = ''
  let width = 0
  for (const character of text) {
    width += characterWidth(character.codePointAt(0)!)
    if (width > columns - 1) break
    kept += character
  }
  return kept.trimEnd() + '…'
}

/** The lines of a tree before a name, where the tree is deeper than there is room: their beginning is given up. */
export const fitStart = (prefix: string, columns: number): string =>
  prefix.length <= columns ? prefix : '…' + prefix.slice(prefix.length - columns + 1)

export const padEnd = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - displayWidth(text)))
export const padStart = (text: string, columns: number): string =>
  ' '.repeat(Math.max(0, columns - displayWidth(text))) + text

const PRINTABLE_ASCII = /^[ -~]*$/
// oxlint-disable-next-line no-control-regex
const COLOUR = /\u001b\[\d+m/g
/** Drawn as an emoji by itself. Regional indicators are not: a flag is two of them, in two columns. */
const EMOJI = /^(?!\p{Regional_Indicator})\p{Emoji_Presentation}$/u
const COMBINING = /^[\p{Mn}\p{Me}]$/u

/** East Asian Wide and emoji take two columns (Unicode's EastAsianWidth, by its large blocks). */
function characterWidth(code: number): number {
  if (code < 0x300) return 1
  if (COMBINING.test(String.fromCodePoint(code))) return 0
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0x303e) ||
    (code >= 0x3041 && code <= 0xa4cf) ||
    (code >= 0xa960 && code <= 0xa97f) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x20000 && code <= 0x3fffd)
  return wide || EMOJI.test(String.fromCodePoint(code)) ? 2 : 1
}
