/** A name, or whatever else should be text, as it was handed in; empty when it is none. */
export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
