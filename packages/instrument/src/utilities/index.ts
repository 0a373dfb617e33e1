export {
  clearRequestContext,
  createChildSpan,
  createSpanLink,
  extractContextFromHeaders,
  getCurrentSpanId,
  getCurrentTraceId,
  getRequestContext,
  injectContextIntoHeaders,
  isCurrentSpanSampled,
  runWithContext,
  setRequestContext,
} from './contexts.ts'
export {
  getActiveSpan,
  isOTELEnabled,
  recordSpanException,
  setRouteAttribute,
  setSpanAttributes,
  withDbSpan,
  withHttpClientSpan,
  withSpan,
  withSpanSync,
} from './spans.ts'
