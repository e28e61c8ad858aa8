import type { Problem, Spelling } from '@kilonova/platform/http/problem.ts'

/** Neutron's dialect: `{"NeutronError": {"type": "NetworkNotFound", "message": "...", "detail": ""}}`. */
export const spell: Spelling = problem => ({
  ...(problem.kind === 'over-quota' ? { status: 409 } : {}),
  body: { NeutronError: { type: typeOf(problem), message: messageOf(problem), detail: '' } },
})

const types: Readonly<Partial<Record<Problem['kind'], string>>> = {
  invalid: 'HTTPBadRequest',
  unauthenticated: 'HTTPUnauthorized',
  forbidden: 'PolicyNotAuthorized',
  'not-found': 'HTTPNotFound',
  'no-route': 'HTTPNotFound',
  'not-allowed': 'HTTPMethodNotAllowed',
  conflict: 'Conflict',
  'over-quota': 'OverQuota',
  stale: 'RevisionNumberConstraintFailed',
  unavailable: 'ServiceUnavailable',
  'not-built': 'HTTPNotImplemented',
}

function typeOf({ kind, code }: Problem): string {
  return code === undefined || code === 'schema' ? (types[kind] ?? 'HTTPInternalServerError') : code
}

function messageOf({ kind, message, extra }: Problem): string {
  if (kind === 'defect') return 'Request Failed: internal server error while processing your request.'
  if (kind === 'no-route') return 'The resource could not be found.'
  return typeof extra['policy'] === 'string' ? `rule:${extra['policy']} is disallowed by policy` : message
}
