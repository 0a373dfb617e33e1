import { describe, expect, it } from 'vitest'
import { plain, PLAIN_CHARACTERS_MAX, plainLines } from './plain.ts'

const ESC = '\u001b'

describe('plain text', () => {
  it.each([
    ['colours', `${ESC}[31mred${ESC}[0m`, 'red'],
    ['a title that would be set', `a${ESC}]0;owned\u0007b`, 'ab'],
    ['a link', `${ESC}]8;;https://evil.example${ESC}\\click${ESC}]8;;${ESC}\\`, 'click'],
    ['an escape that never ends', `a${ESC}]0;never`, 'a'],
    ['eight-bit controls', 'a\u009b31mb', 'ab'],
    ['clearing the screen', `${ESC}c${ESC}[2J${ESC}[Hhome`, 'home'],
    ['text that runs backwards', 'user\u202egpj.exe', 'usergpj.exe'],
    ['isolates', '\u2066a\u2069', 'a'],
    ['zero-width characters', 'pass\u200bword\u200d\ufeff', 'password'],
    ['tags that hide a message', 'hi\u{e0068}\u{e0069}', 'hi'],
    ['variation selectors that hide bytes', 'x\ufe01\u{e0101}', 'x'],
    ['carriage returns', 'safe\rrm -rf', 'safe rm -rf'],
    ['line ends and tabs', 'a\n\n  b\tc\u2028d', 'a b c d'],
    ['half a surrogate pair', 'a\ud800b', 'a\ufffdb'],
  ])('leaves out %s', (_, given, expected) => expect(plain(given)).toBe(expected))

  it('keeps what people write', () => {
    const text = 'Grüße, 日本語, עברית, ไทย, 👍, naïve café, a → b'
    expect(plain(text)).toBe(text)
  })

  it('is bounded', () => {
    expect(plain('x'.repeat(1_000_000))).toHaveLength(PLAIN_CHARACTERS_MAX)
    expect(plain('x'.repeat(1_000_000))).toMatch(/x…$/)
  })

  it('keeps line ends where they are wanted', () => expect(plainLines(`a\r\nb${ESC}[1m\n`)).toBe('a\nb\n'))

  it('gives nothing a terminal could take for a command, whatever comes in', () => {
    const dangerous: string[] = []
    for (let code = 0; code < 0x110000; code += code < 0x3000 ? 1 : 97) {
      const shown = plain(`a${String.fromCodePoint(code)}b`)
      if (/[\p{Cc}\p{Bidi_Control}\u200b-\u200d\u2060\ufeff]/u.test(shown)) dangerous.push(code.toString(16))
    }
    expect(dangerous).toEqual([])
  })
})
