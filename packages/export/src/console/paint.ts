/** Colours by their names; each gives the text as it is where there are none. */
export type Paint = Record<'dim' | 'red' | 'yellow' | 'cyan' | 'bold', (text: string) => string>

export function createPaint(hasColours: boolean): Paint {
  const paint = (code: number, end: number) => (text: string) =>
    hasColours && text !== '' ? `\u001b[${code}m${text}\u001b[${end}m` : text
  return {
    dim: paint(2, 22),
    bold: paint(1, 22),
    red: paint(31, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  }
}
