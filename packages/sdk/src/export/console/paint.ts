/** Colours by their names; each gives the text as it is where there are none. */
export type Paint = Record<'dim' | 'red' | 'yellow' | 'cyan' | 'bold', (text: string) => string>

export function createPaint(hasColours: boolean): Paint {
  const with_ = (code: number, end: number) => (text: string) =>
    hasColours && text !== '' ? `\u001b[${code}m${text}\u001b[${end}m` : text
  return {
    dim: with_(2, 22),
    bold: with_(1, 22),
    red: with_(31, 39),
    yellow: with_(33, 39),
    cyan: with_(36, 39),
  }
}
