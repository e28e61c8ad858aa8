import type { Problem, Spelling } from '@kilonova/platform/http/problem.ts'

const words: Readonly<Record<Problem['kind'], string>> = {
  invalid: 'badRequest',
  unauthenticated: 'unauthorized',
  forbidden: 'forbidden',
  'not-found': 'itemNotFound',
  'no-route': 'itemNotFound',
  'not-allowed': 'badMethod',
  'no-version': 'computeFault',
  conflict: 'conflictingRequest',
  gone: 'computeFault',
  stale: 'conflictingRequest',
  'too-large': 'overLimit',
  'over-quota': 'forbidden',
  'unsupported-media': 'badMediaType',
  'unsatisfiable-range': 'badRequest',
  defect: 'computeFault',
  'not-built': 'notImplemented',
  unavailable: 'serviceUnavailable',
}

/** Nova's dialect: `{"itemNotFound": {"code": 404, "message": "Instance x could not be found."}}`. */
export const spell: Spelling = problem => {
  if (problem.kind === 'unauthenticated')
    return { body: { error: { code: 401, title: 'Unauthorized', message: 'The request you have made requires authentication.' } } }
  if (problem.kind === 'no-version')
    return {
      body: { computeFault: { code: 406, message: problem.message } },
      headers: {},
    }
  if (problem.code === 'InterfaceAttachFailed') return { status: 500, body: { computeFault: { code: 500, message: problem.message } } }
  const message = problem.kind === 'defect' ? `${problem.message} (${problem.requestId})` : problem.message
  return { body: { [words[problem.kind]]: { code: problem.status, message } } }
}
