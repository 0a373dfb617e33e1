/** A bare integer too long to be exact as a double, where a value can stand. Quoted ones follow a quote. */
const MAY_HOLD_LONG = /[:[,]\s*-?\d{16}/
/**
 * JSON text with every bare integer of 16 and more digits made `["<digits>"]`, which JSON.parse does not round. Text
 * without any, the rule, is looked at once, by a regular expression.
 */
export function quoteLongIntegers(json) {
  if (!MAY_HOLD_LONG.test(json)) return json
  let out = ''
  let done = 0
  for (let i = 0; i < json.length;) {
    const char = json.charCodeAt(i)
    if (char === 0x22) {
      i = endOfString(json, i)
      continue
    }
    if (char !== 0x2d && (char < 0x30 || char > 0x39)) {
      i++
      continue
    }
    const from = i
    let isInteger = true
    for (i++; i < json.length; i++) {
      const next = json.charCodeAt(i)
      if (next >= 0x30 && next <= 0x39) continue
      // . e E + -
      if (next !== 0x2e && next !== 0x65 && next !== 0x45 && next !== 0x2b && next !== 0x2d) break
      isInteger = false
    }
    const number = json.slice(from, i)
    if (!isInteger || i - from < 16 || !/^-?(?:0|[1-9]\d*)$/.test(number)) continue
    out += `${json.slice(done, from)}["${number}"]`
    done = i
  }
  return done === 0 ? json : out + json.slice(done)
}
function endOfString(json, start) {
  let end = start + 1
  for (;;) {
    end = json.indexOf('"', end)
    if (end === -1) return json.length
    let backslashes = 0
    while (json.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++
    end++
    if (backslashes % 2 === 0) return end
  }
}
