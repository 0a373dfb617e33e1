import type { Colors } from 'picocolors/types.js'

/** Colour carries no meaning of its own: each has a word or a mark beside it. */
export function statusPaint(colors: Colors, status: string): (text: string) => string {
  switch (status) {
    case 'active':
    case 'ok':
      return colors.green
    case 'failed':
    case 'error':
      return colors.red
    case 'silent':
      return colors.yellow
    default:
      return (text) => text
  }
}
