import { assignment } from './assignment.ts'
import { authorization, basicOf } from './credentials.ts'
import type { Rule } from './rule.ts'

/**
 * The built-in rules, in the order they are applied: exact shapes before shapes told by their surroundings.
 * Source: docs/reference/redaction.md, and each provider's own description of its keys.
 */
export const RULES: readonly Rule[] = [
  {
    name: 'private-key',
    triggers: ['PRIVATE KEY'],
    // The body stops at the next dashes, so that a thousand headers without an end cost one pass and not a thousand.
    regex:
      /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?:(?!-----)[\s\S])*-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|(?:(?:\s|\\[rn]){0,4}[A-Za-z0-9+/=]{40,})+(?:(?:\s|\\[rn]){0,4}[A-Za-z0-9+/=]+$)?)/g,
  },
  {
    name: 'aws-access-key',
    triggers: ['AKIA', 'ASIA', 'ABIA', 'ACCA'],
    regex: /\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b/g,
  },
  { name: 'anthropic-key', triggers: ['sk-ant-'], regex: /\bsk-ant-[A-Za-z0-9_-]{16,}/g },
  {
    name: 'openai-key',
    triggers: ['sk-'],
    regex:
      /\bsk-(?:(?:proj|svcacct|admin|None|or-v1)-[A-Za-z0-9_-]{20,}|(?=[A-Za-z]{0,80}\d)[A-Za-z0-9]{32,})/g,
  },
  {
    name: 'google-key',
    triggers: ['AIza', 'ya29.', 'GOCSPX-'],
    regex: /\bAIza[A-Za-z0-9_-]{35}|\bya29\.[A-Za-z0-9_-]{20,}|\bGOCSPX-[A-Za-z0-9_-]{20,}/g,
  },
  {
    name: 'github-token',
    triggers: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_', 'github_pat_'],
    regex: /\b(?:gh[pousr]_[A-Za-z0-9_]{36,}|github_pat_[A-Za-z0-9_]{22,})/g,
  },
  {
    name: 'gitlab-token',
    triggers: ['glpat-', 'glrt-', 'gldt-', 'glptt-', 'glcbt-', 'glsoat-'],
    regex: /\bgl(?:pat|rt|dt|ptt|cbt|soat)-[A-Za-z0-9_-]{20,}/g,
  },
  {
    name: 'slack-token',
    triggers: ['xox', 'xapp-', 'hooks.slack.com/services/'],
    regex:
      /\bxox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{10,}|\bxapp-\d-[A-Za-z0-9-]{20,}|(?<=\bhooks\.slack\.com\/services\/)[A-Za-z0-9/]{20,}/g,
  },
  {
    name: 'stripe-key',
    triggers: ['k_live_', 'k_test_', 'whsec_'],
    regex: /\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|\bwhsec_[A-Za-z0-9+/=]{24,}/g,
  },
  { name: 'npm-token', triggers: ['npm_'], regex: /\bnpm_[A-Za-z0-9]{36}(?![A-Za-z0-9_])/g },
  { name: 'pypi-token', triggers: ['pypi-'], regex: /\bpypi-[A-Za-z0-9_-]{50,}/g },
  { name: 'huggingface-token', triggers: ['hf_'], regex: /\bhf_[A-Za-z0-9]{30,}/g },
  { name: 'sendgrid-key', triggers: ['SG.'], regex: /\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,}/g },
  {
    name: 'jwt',
    triggers: ['eyJ'],
    regex: /\beyJ[A-Za-z0-9_-]{8,8192}\.(?:[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_.-]{8,}|eyJ[A-Za-z0-9_-]{8,}\.?)/g,
  },
  {
    name: 'azure-key',
    triggers: ['AccountKey', 'SharedAccess', 'sig='],
    regex:
      /(\b(?:AccountKey|SharedAccessKey)\s?=\s?)[A-Za-z0-9+/=]{20,}|(\bSharedAccessSignature\s?=\s?)(?!\[redacted:)[^\s"'`;\\]{20,}|([?&]sig=)[A-Za-z0-9%+/=]{20,}/gi,
    replace: (match, mark) => (match[1] ?? match[2] ?? match[3] ?? '') + mark,
  },
  authorization,
  basicOf('Bearer'),
  basicOf('Basic'),
  {
    // Only the password goes: who connects to what is worth keeping.
    name: 'connection-string',
    triggers: ['@'],
    regex: /(:\/\/[^\s:@/?#'"`<>\\[\]]{0,256}:)([^\s@/'"`<>\\]{1,1024})(@[^\s@])/g,
    replace: (match, mark) =>
      /^(?:\*+|x+|<.*>|\$\{?\w+\}?|%\w+%|\{\{?\w+\}?\}|\[redacted:.*)$/i.test(match[2] ?? '')
        ? undefined
        : match[1] + mark + match[3],
  },
  assignment,
]
