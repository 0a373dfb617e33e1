import { count, type Answer, type Protocol, type Reply } from './protocol.ts'

interface Tool {
  functionDeclarations?: { name: string }[]
}

/** Gemini generateContent: thoughts are reported beside candidates, cached tokens inside of the prompt. */
export const gemini: Protocol = {
  matches: (url) => /generateContent/i.test(url),
  // Asides, such as choosing a model, are not streamed.
  tools: (body) =>
    ((body.tools ?? []) as Tool[]).flatMap((tool) =>
      (tool.functionDeclarations ?? []).map(({ name }) => name),
    ),
  results: (text) => count(text, '"functionResponse"'),
  model: (_body, url) => /models\/([^:]+)/.exec(url)?.[1] ?? 'unknown',
  streams: (_body, url) => url.includes('stream'),
  truth: ({ input, cacheRead, output, reasoning }) => ({
    input,
    cacheRead,
    cacheWrite: 0,
    output: output + reasoning,
    reasoning,
  }),
  aside:
    '{"reasoning":"x","model_choice":"flash","next_speaker":"user","complexity_reasoning":"x","complexity_score":10}',
  reply,
}

function reply({ number, text, call, usage, stream }: Answer): Reply {
  const body = {
    responseId: `gm_${number}`,
    modelVersion: 'gemini-scripted',
    candidates: [
      {
        index: 0,
        content: {
          role: 'model',
          parts: [call ? { functionCall: { name: call.name, args: call.args } } : { text }],
        },
        finishReason: 'STOP',
      },
    ],
    usageMetadata: {
      promptTokenCount: usage.input,
      candidatesTokenCount: usage.output,
      totalTokenCount: usage.input + usage.output + usage.reasoning,
      cachedContentTokenCount: usage.cacheRead,
      thoughtsTokenCount: usage.reasoning,
    },
  }
  return stream ? { body, events: [[undefined, body]] } : { body }
}
