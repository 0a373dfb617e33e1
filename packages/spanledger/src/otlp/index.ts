export { MalformedOtlpError } from './malformed.ts'
export { createOtlpWriter, type OtlpWriter } from './otlp-writer.ts'
export type { Signal, Transcoded } from './transcoded.ts'
export { createTranscoder, type Transcoder } from './transcoder.ts'
