/** Lines around a change. */
const CONTEXT = 3
/** Beyond, all that differs is told as one change: comparing takes their product. */
const CELLS_MAX = 4_000_000

interface Line {
  sign: ' ' | '-' | '+'
  text: string
}

/** As `diff -u` tells it; empty where nothing differs. */
export function unifiedDiff(before: string, after: string, from: string, to: string): string {
  if (before === after) return ''
  const lines = compareLines(before, after)
  let out = `--- ${from}\n+++ ${to}\n`
  for (const [start, end] of hunksOf(lines)) {
    const hunk = lines.slice(start, end)
    const counted = (sign: '-' | '+', upTo: readonly Line[]): number =>
      upTo.filter((line) => line.sign === ' ' || line.sign === sign).length
    const head = lines.slice(0, start)
    const range = (sign: '-' | '+'): string => {
      const count = counted(sign, hunk)
      return `${counted(sign, head) + (count === 0 ? 0 : 1)},${count}`
    }
    out += `@@ -${range('-')} +${range('+')} @@\n`
    for (const { sign, text } of hunk)
      out += text.endsWith('\n') ? sign + text : `${sign}${text}\n\\ No newline at end of file\n`
  }
  return out
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.split(/(?<=\n)/))

/** The longest common lines stay. */
export function compareLines(before: string, after: string): Line[] {
  const [a, b] = [linesOf(before), linesOf(after)]
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++
  const [x, y] = [a.slice(head, a.length - tail), b.slice(head, b.length - tail)]
  const as = (sign: Line['sign'], texts: readonly string[]): Line[] => texts.map((text) => ({ sign, text }))
  const middle = x.length * y.length > CELLS_MAX ? [...as('-', x), ...as('+', y)] : common(x, y)
  return [...as(' ', a.slice(0, head)), ...middle, ...as(' ', tail === 0 ? [] : a.slice(-tail))]
}

function common(x: readonly string[], y: readonly string[]): Line[] {
  const width = y.length + 1
  const longest = new Uint32Array((x.length + 1) * width)
  for (let i = x.length - 1; i >= 0; i--)
    for (let k = y.length - 1; k >= 0; k--)
      longest[i * width + k] =
        x[i] === y[k]
          ? longest[(i + 1) * width + k + 1]! + 1
          : Math.max(longest[(i + 1) * width + k]!, longest[i * width + k + 1]!)
  const lines: Line[] = []
  let [i, k] = [0, 0]
  while (i < x.length || k < y.length) {
    if (i < x.length && k < y.length && x[i] === y[k]) {
      lines.push({ sign: ' ', text: x[i]! })
      i++
      k++
    } else if (
      i < x.length &&
      (k === y.length || longest[(i + 1) * width + k]! >= longest[i * width + k + 1]!)
    )
      lines.push({ sign: '-', text: x[i++]! })
    else lines.push({ sign: '+', text: y[k++]! })
  }
  return lines
}

/** Changes that are near share one. */
function hunksOf(lines: readonly Line[]): [number, number][] {
  const hunks: [number, number][] = []
  for (const [i, { sign }] of lines.entries()) {
    if (sign === ' ') continue
    const last = hunks.at(-1)
    const [start, end] = [Math.max(0, i - CONTEXT), Math.min(lines.length, i + 1 + CONTEXT)]
    if (last !== undefined && start <= last[1]) last[1] = end
    else hunks.push([start, end])
  }
  return hunks
}
