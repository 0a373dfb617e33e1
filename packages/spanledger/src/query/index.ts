import { otlp } from '../otlp/index.ts'
export const q = otlp
