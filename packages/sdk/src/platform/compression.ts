/** What sealed segments are packed with: gzip, since every system has a tool that reads it. */
export interface Compression {
  /** One gzip member (RFC 1952). */
  compress(bytes: Uint8Array): Promise<Uint8Array>
  /**
   * The content of one member.
   *
   * Errors  when it is damaged: its own checksum says so; when there is more of it than `bytesMax`.
   */
  decompress(member: Uint8Array, bytesMax: number): Promise<Uint8Array>
}
