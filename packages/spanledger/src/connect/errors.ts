/** A settings file that cannot be read as what it is: it is never written over. */
export class SettingsError extends Error {
  readonly code = 'SETTINGS_UNREADABLE'
  readonly file: string
  readonly line: number
  readonly column: number
  constructor(file: string, text: string, offset: number, reason: string) {
    const before = text.slice(0, offset).split('\n')
    const [line, column] = [before.length, before.at(-1)!.length + 1]
    super(`${file}:${line}:${column}: ${reason}`)
    this.file = file
    this.line = line
    this.column = column
  }
}
