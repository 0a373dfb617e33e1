import type { Node, Place } from './yaml/node.ts'

/** One kind of value: reads a node that came from a file, a variable or code. */
export interface Kind<T> {
  /** What people write, for documents and messages. */
  takes: string
  /** Undefined where it cannot be used; then `tell` has been called. */
  read(node: Node, context: ReadContext): T | undefined
  /** The value is a record whose members are settings of their own: higher sources add to lower ones instead of hiding them. */
  merges?: true
}

export interface ReadContext {
  /** The folder that relative paths are relative to. */
  base: string
  /** What `~` stands for. */
  userHome: string | undefined
  /** The value must not be told. */
  secret: boolean
  tell(at: Place, code: FaultCode, what: string, next: string): void
}

/**
 * `UNKNOWN_KEY`  nobody knows such a key or variable: ignored
 * `BAD_VALUE`    not a value of its kind: ignored, the next source decides
 * `CLAMPED`      outside its range: the nearest end of the range is used
 * `BAD_FILE`     the file cannot be read, is too large, or no YAML that is read here: ignored as a whole
 */
export type FaultCode = 'UNKNOWN_KEY' | 'BAD_VALUE' | 'CLAMPED' | 'BAD_FILE'
