import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf'
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** One field as it stands on the wire. */
interface Chunk {
  field: number
  wireType: WireType
  /** Content without tag and length. */
  content: Uint8Array
}

/**
 * The same message as another encoder might write it: fields in any order, some twice, unknown ones between, packed
 * numbers unpacked. What that means is for the oracle to say: a single field sent again replaces or merges.
 */
export function scramble(type: DescMessage, bytes: Uint8Array, random: () => number): Uint8Array {
  const chunks: Chunk[] = []
  const reader = new BinaryReader(bytes)
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag()
    const from = reader.pos
    if (wireType === WireType.LengthDelimited) chunks.push({ field, wireType, content: reader.bytes() })
    else {
      reader.skip(wireType, field)
      chunks.push({ field, wireType, content: bytes.subarray(from, reader.pos) })
    }
  }
  const changed = chunks.flatMap((chunk) => changeChunk(type, chunk, random))
  if (random() < 0.5) shuffle(changed, random)
  const writer = new BinaryWriter()
  for (const { field, wireType, content } of changed) {
    writer.tag(field, wireType)
    if (wireType === WireType.LengthDelimited) writer.bytes(content)
    else writer.raw(content)
  }
  return writer.finish()
}

function changeChunk(type: DescMessage, chunk: Chunk, random: () => number): Chunk[] {
  const field = type.fields.find(({ number }) => number === chunk.field)
  const again = (): Chunk =>
    field?.message === undefined
      ? chunk
      : { ...chunk, content: scramble(field.message, chunk.content, random) }
  const out = [again()]
  if (random() < 0.15) out.push(again())
  if (random() < 0.1) out.push({ field: 1000, wireType: WireType.Varint, content: Uint8Array.of(0x96, 0x01) })
  if (random() < 0.1)
    out.push({ field: 1001, wireType: WireType.LengthDelimited, content: Uint8Array.of(1, 2, 3) })
  return random() < 0.5 && field !== undefined && isPacked(field, chunk)
    ? out.flatMap((each) => unpack(field, each))
    : out
}

const isPacked = (field: DescField, chunk: Chunk): boolean =>
  field.fieldKind === 'list' &&
  field.listKind === 'scalar' &&
  field.scalar !== ScalarType.STRING &&
  chunk.wireType === WireType.LengthDelimited

function unpack(field: DescField, chunk: Chunk): Chunk[] {
  if (chunk.field !== field.number) return [chunk]
  const wireType = field.scalar === ScalarType.UINT64 ? WireType.Varint : WireType.Bit64
  const reader = new BinaryReader(chunk.content)
  const out: Chunk[] = []
  while (reader.pos < reader.len) {
    const from = reader.pos
    reader.skip(wireType, field.number)
    out.push({ field: field.number, wireType, content: chunk.content.subarray(from, reader.pos) })
  }
  return out
}

function shuffle(items: unknown[], random: () => number): void {
  for (let i = items.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1))
    ;[items[i], items[other]] = [items[other], items[i]]
  }
}
