import type { Problem, Spelling } from '@kilonova/platform/http/problem.ts'

/** Keystone's dialect: `{"error": {"code": 404, "message": "Could not find region: x.", "title": "Not Found"}}`. */
export const spell: Spelling = (problem: Problem) => {
  const status = problem.kind === 'no-route' ? 404 : problem.kind === 'over-quota' ? 403 : problem.status
  return {
    status,
    body: { error: { code: status, message: messageOf(problem), title: titles[status] ?? 'Error' } },
    headers: {
      ...(status === 401 ? { 'www-authenticate': 'Keystone uri="/v3"' } : {}),
      ...(typeof problem.extra['receipt'] === 'string' ? { 'openstack-auth-receipt': problem.extra['receipt'] } : {}),
    },
  }
}

const messageOf = (problem: Problem): string =>
  problem.kind === 'defect' ? `${problem.message} (Request ID: ${problem.requestId})` : problem.message

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  410: 'Gone',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
}
