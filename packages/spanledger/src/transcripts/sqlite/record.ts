export type SqliteValue = string | number | bigint | Buffer | null

/** A variable-length integer and where it ends. Beyond 2^53 it is not exact: sizes and row numbers never are. */
export function varint(bytes: Buffer, at: number): [value: number, end: number] {
  let value = 0
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at + i]!
    value = value * 128 + (byte & 0x7f)
    if (byte < 0x80) return [value, at + i + 1]
  }
  return [value * 256 + bytes[at + 8]!, at + 9]
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8]

/** The values of one row, in the order of the table's columns. */
export function recordOf(payload: Buffer): SqliteValue[] {
  const values: SqliteValue[] = []
  let [headerEnd, at] = varint(payload, 0)
  let body = headerEnd
  while (at < headerEnd) {
    const [type, next] = varint(payload, at)
    at = next
    const bytes = bytesOf(type)
    values.push(valueOf(type, payload.subarray(body, body + bytes)))
    body += bytes
  }
  return values
}

const bytesOf = (type: number): number =>
  type >= 12 ? Math.floor((type - 12) / 2) : type === 7 ? 8 : (INTEGER_BYTES[type] ?? 0)

function valueOf(type: number, bytes: Buffer): SqliteValue {
  if (type === 0) return null
  if (type === 8 || type === 9) return type - 8
  if (type === 7) return bytes.readDoubleBE(0)
  if (type >= 12) return type % 2 === 1 ? bytes.toString('utf8', 0, bytes.length) : bytes
  if (type <= 5) return bytes.readIntBE(0, bytes.length)
  const value = bytes.readBigInt64BE(0)
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}
