import type { Usage } from '../scenarios.ts'

/** An answer of the model, before it is put into a provider's words. */
export interface Answer {
  /** Unique in a run; providers' ids are made of it. */
  number: number
  model: string
  text: string
  call: { name: string; args: Record<string, unknown> } | undefined
  usage: Usage
  stream: boolean
}

/** What a recorder must account for: tokens as Spanledger counts them. */
export interface Truth {
  tool: string | undefined
  tokens: Usage
}

export interface Reply {
  body: unknown
  /** Server-sent events instead of `body`: name (or none) and data. */
  events?: [name: string | undefined, data: unknown][]
}

/** One provider's API: how it is asked and how it answers. */
export interface Protocol {
  matches(url: string): boolean
  /** Names of the tools on offer; none for the small requests that agents make beside the work, such as titles. */
  tools(body: Body): string[]
  /** Tool results so far. */
  results(text: string): number
  model(body: Body, url: string): string
  streams(body: Body, url: string): boolean
  reply(answer: Answer): Reply
  /** This provider's usage in Spanledger's words: input with cached tokens, output with reasoning. */
  truth(usage: Usage): Usage
  /** What requests without tools are answered with. */
  aside: string
}

// oxlint-disable-next-line typescript/no-explicit-any -- providers' requests, read by their own protocol alone
export type Body = any

export const count = (text: string, part: string): number => text.split(part).length - 1
