interface Held {
  pieces: Buffer[]
  bytes: number
}

/** Lines of sessions, a copy of each: a third of what they take once parsed, and none of it is the garbage collector's to move. */
export class HeldLines {
  /** The one that was touched last comes last. */
  readonly #sessions = new Map<string, Held>()
  bytes = 0

  hold(session: string, lines: Uint8Array): void {
    const held = this.#sessions.get(session) ?? { pieces: [], bytes: 0 }
    this.#sessions.delete(session)
    this.#sessions.set(session, held)
    held.pieces.push(Buffer.from(lines))
    held.bytes += lines.length
    this.bytes += lines.length
  }

  /** The session that was not heard of for longest. */
  oldest(): string | undefined {
    const [oldest] = this.#sessions.keys()
    return oldest
  }

  /** All of a session's, which are not held any more, in memory of their own. */
  take(session: string): Buffer<ArrayBuffer> {
    const held = this.#sessions.get(session)
    if (!held) return Buffer.alloc(0)
    this.#sessions.delete(session)
    this.bytes -= held.bytes
    const lines = Buffer.allocUnsafeSlow(held.bytes)
    let at = 0
    for (const piece of held.pieces) at += piece.copy(lines, at)
    return lines
  }
}
