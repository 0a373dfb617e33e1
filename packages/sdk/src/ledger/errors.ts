/** The home was written by a newer Spanledger. Nothing was touched. */
export class HomeNewerError extends Error {
  readonly code = 'HOME_NEWER'
  readonly dir: string
  readonly found: number
  readonly supported: number
  constructor(dir: string, found: number, supported: number) {
    super(`${dir} has format ${found}, this Spanledger knows formats up to ${supported}: use a newer one`)
    this.name = 'HomeNewerError'
    this.dir = dir
    this.found = found
    this.supported = supported
  }
}

/** The home cannot be created or written: see `cause` for the system's reason. */
export class HomeUnwritableError extends Error {
  readonly code = 'HOME_UNWRITABLE'
  readonly dir: string
  constructor(dir: string, cause: unknown) {
    super(`cannot write to ${dir}: ${reason(cause)}`, { cause })
    this.name = 'HomeUnwritableError'
    this.dir = dir
  }
}

/** Only for reading: nothing was ever recorded there. */
export class HomeMissingError extends Error {
  readonly code = 'HOME_MISSING'
  readonly dir: string
  constructor(dir: string) {
    super(`there is no ledger at ${dir}`)
    this.name = 'HomeMissingError'
    this.dir = dir
  }
}

/** home.json is not what this or any other version writes. */
export class HomeDamagedError extends Error {
  readonly code = 'HOME_DAMAGED'
  readonly path: string
  constructor(path: string) {
    super(`${path} is damaged: it should hold {"spanledger":1}`)
    this.name = 'HomeDamagedError'
    this.path = path
  }
}

/** A segment's header has a `ledger` number this code does not know. */
export class SegmentNewerError extends Error {
  readonly code = 'SEGMENT_NEWER'
  readonly path: string
  readonly found: number
  constructor(path: string, found: number, supported: number) {
    super(
      `${path} has ledger format ${found}, this Spanledger knows formats up to ${supported}: use a newer one`,
    )
    this.name = 'SegmentNewerError'
    this.path = path
    this.found = found
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
