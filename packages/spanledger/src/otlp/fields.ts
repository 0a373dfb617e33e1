import type { Wire } from './wire.ts'

/** One more than the highest field number of a metric's points. */
const FIELDS = 16

/** Wire types a field may have, as bits. */
export const VARINT = 1 << 0
export const FIXED64 = 1 << 1
export const BYTES = 1 << 2
/** Repeated numbers come packed or one by one. */
export const PACKED_FIXED64 = BYTES | FIXED64
export const PACKED_VARINT = BYTES | VARINT

/**
 * Where the fields of one message stand, found in one pass: for messages whose many fields are seldom all there.
 *
 * first  Offset of the first occurrence's tag; -1 when the field is absent.
 * at     Offset of the last occurrence's content, which is the one that counts for a single number or string.
 * stop   Where the last occurrence ends.
 */
export class Fields {
  readonly first = new Int32Array(FIELDS)
  readonly at = new Int32Array(FIELDS)
  readonly stop = new Int32Array(FIELDS)

  /** @param types By field number: wire types; 0 for a field nobody knows, which is passed over. */
  scan(wire: Wire, from: number, end: number, types: readonly number[]): void {
    const { first, at, stop } = this
    first.fill(-1)
    wire.at = from
    while (wire.at < end) {
      const begin = wire.at
      const tag = wire.tag(end)
      const field = tag >>> 3
      const allowed = types[field] ?? 0
      if (allowed === 0 || field === 0) {
        wire.skip(tag, end, 0)
        continue
      }
      if ((allowed & (1 << (tag & 7))) === 0)
        wire.fail(`wrong wire type ${tag & 7} for field ${field}`, begin)
      let contentAt = wire.at
      if ((tag & 7) === 2) {
        const contentEnd = wire.length(end)
        contentAt = wire.at
        wire.at = contentEnd
      } else wire.pass(tag, end)
      if (first[field] === -1) first[field] = begin
      at[field] = contentAt
      stop[field] = wire.at
    }
  }

  has(field: number): boolean {
    return this.first[field] !== -1
  }
}
