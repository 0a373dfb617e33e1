import type { Place } from './node.ts'

/** A document outside the part of YAML that is read here. Says where, and what to write instead. */
export class YamlRefusedError extends Error {
  readonly code = 'YAML_REFUSED'
  readonly line: number
  readonly column: number
  /** What to write instead. */
  readonly next: string
  constructor({ line, column }: Place, what: string, next: string) {
    super(what)
    this.name = 'YamlRefusedError'
    this.line = line
    this.column = column
    this.next = next
  }
}
