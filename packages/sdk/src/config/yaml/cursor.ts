import type { Place } from './node.ts'
import { YamlRefusedError } from './refused.ts'

/** A place in a text that moves forward. Lines end at a line feed; `\r\n` was made one before. */
export class Cursor {
  readonly text: string
  at = 0
  readonly #lineStarts: number[] = [0]

  constructor(text: string) {
    this.text = text
    for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1))
      this.#lineStarts.push(end + 1)
  }

  /** The character `ahead` of the place; empty at the end. */
  char(ahead = 0): string {
    return this.text.charAt(this.at + ahead)
  }

  get atEnd(): boolean {
    return this.at >= this.text.length
  }

  /** Columns before the place in its line. */
  column(): number {
    return this.at - this.#lineStarts[this.#lineOf(this.at)]!
  }

  place(at = this.at): Place {
    const line = this.#lineOf(at)
    return { line: line + 1, column: at - this.#lineStarts[line]! + 1 }
  }

  /** What a sticky expression finds here; moves behind it. */
  take(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.at
    const found = sticky.exec(this.text)?.[0]
    if (found !== undefined) this.at += found.length
    return found
  }

  blanks(): void {
    while (this.char() === ' ') this.at++
  }

  /** Nothing but blanks and a comment may be left of the line; moves to the next one. */
  endLine(): void {
    const before = this.at
    this.blanks()
    if (this.char() === '#' && (this.at > before || this.column() === 0)) this.restOfLine()
    if (this.atEnd) return
    if (this.char() !== '\n') this.refuse('nothing may follow the value on its line', 'put text in quotes')
    this.at++
  }

  restOfLine(): string {
    const end = this.text.indexOf('\n', this.at)
    const rest = this.text.slice(this.at, end === -1 ? undefined : end)
    this.at += rest.length
    return rest
  }

  /** Moves over blank lines and comments to the first character of the next line with content. */
  settle(): void {
    for (;;) {
      this.blanks()
      if (this.char() === '#') this.restOfLine()
      if (this.char() === '\t') this.refuse('a tab stands where blanks are needed', 'indent with blanks')
      if (this.char() !== '\n') return
      this.at++
    }
  }

  refuse(what: string, next: string, at = this.at): never {
    throw new YamlRefusedError(this.place(at), what, next)
  }

  /** The last line that begins at or before `at`: a search, since a document of 10,000 lines asks 10,000 times. */
  #lineOf(at: number): number {
    let low = 0
    let high = this.#lineStarts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.#lineStarts[middle]! <= at) low = middle
      else high = middle - 1
    }
    return low
  }
}
