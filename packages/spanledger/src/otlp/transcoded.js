export const KIND_OF = { traces: 'spans', logs: 'logs', metrics: 'metrics' }
