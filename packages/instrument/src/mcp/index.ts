export { instrumentTransport } from './transport.ts'
export type { McpTransport } from './transport.ts'
