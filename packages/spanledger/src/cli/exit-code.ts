/** Source: docs/reference/cli.md */
export const EXIT = {
  ok: 0,
  /** The answer itself is a failure: no such session, the ledger is damaged. */
  failed: 1,
  /** The question is wrong. */
  usage: 2,
  /** The disk, the home, a port. */
  fault: 3,
  /** `verify`: what was damaged once is isolated, nothing else is. */
  repaired: 4,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
