/**
 * A line of the ledger with everything JSON.parse loses: the text of numbers (1 is not 1.0), the order of keys that look
 * like numbers, keys that occur twice.
 */
export type ExactJson = string | boolean | null | ExactNumber | ExactJson[] | ExactObject

export class ExactNumber {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export class ExactObject {
  readonly members: [key: string, value: ExactJson][] = []
  get(key: string): ExactJson | undefined {
    return this.members.find(([name]) => name === key)?.[1]
  }
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y
/** Everything up to the next quote or backslash. */
const PLAIN = /[^"\\]*/y

/** Errors: SyntaxError with the offset. Deeper than the ledger's values can be is an error too, not a full stack. */
export function parseExact(text: string): ExactJson {
  const reader = new Reader(text)
  const value = reader.value(0)
  reader.skipSpace()
  if (reader.at !== text.length) reader.fail()
  return value
}

const DEPTH_MAX = 512

class Reader {
  at = 0
  readonly #text: string
  constructor(text: string) {
    this.#text = text
  }

  fail(): never {
    throw new SyntaxError(`not JSON at offset ${this.at}`)
  }

  skipSpace(): void {
    for (;;) {
      const char = this.#text.charCodeAt(this.at)
      if (char !== 0x20 && char !== 0x0a && char !== 0x0d && char !== 0x09) return
      this.at++
    }
  }

  value(depth: number): ExactJson {
    if (depth > DEPTH_MAX) this.fail()
    this.skipSpace()
    const text = this.#text
    switch (text[this.at]) {
      case '{':
        return this.#object(depth)
      case '[':
        return this.#array(depth)
      case '"':
        return this.#string()
      case 't':
        return this.#word('true', true)
      case 'f':
        return this.#word('false', false)
      case 'n':
        return this.#word('null', null)
    }
    NUMBER.lastIndex = this.at
    const number = NUMBER.exec(text)
    if (number === null) this.fail()
    this.at = NUMBER.lastIndex
    return new ExactNumber(number[0])
  }

  #word<Value extends boolean | null>(word: string, value: Value): Value {
    if (!this.#text.startsWith(word, this.at)) this.fail()
    this.at += word.length
    return value
  }

  #string(): string {
    const from = this.at
    for (let end = from + 1; ; end++) {
      PLAIN.lastIndex = end
      PLAIN.exec(this.#text)
      end = PLAIN.lastIndex
      if (end >= this.#text.length) this.fail()
      if (this.#text[end] === '\\') {
        end++
        continue
      }
      this.at = end + 1
      const whole = this.#text.slice(from, end + 1)
      return whole.includes('\\') ? (JSON.parse(whole) as string) : whole.slice(1, -1)
    }
  }

  #next(char: string): boolean {
    this.skipSpace()
    if (this.#text[this.at] !== char) return false
    this.at++
    return true
  }

  #array(depth: number): ExactJson[] {
    this.at++
    const items: ExactJson[] = []
    if (this.#next(']')) return items
    do items.push(this.value(depth + 1))
    while (this.#next(','))
    if (!this.#next(']')) this.fail()
    return items
  }

  #object(depth: number): ExactObject {
    this.at++
    const object = new ExactObject()
    if (this.#next('}')) return object
    do {
      this.skipSpace()
      if (this.#text[this.at] !== '"') this.fail()
      const key = this.#string()
      if (!this.#next(':')) this.fail()
      object.members.push([key, this.value(depth + 1)])
    } while (this.#next(','))
    if (!this.#next('}')) this.fail()
    return object
  }
}
