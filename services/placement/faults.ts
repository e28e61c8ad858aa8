import type { Problem, Spelling } from '@kilonova/platform/http/problem.ts'

/** Placement's dialect: `{"errors": [{"status": 409, "title": "Conflict", "detail": "...", "code": "placement.concurrent_update"}]}`. */
export const spell: Spelling = problem => ({
  body: {
    errors: [
      {
        status: problem.status,
        title: titles[problem.status] ?? 'Error',
        detail: detailOf(problem),
        ...(hasCode(problem) ? { code: problem.code?.startsWith('placement.') ? problem.code : 'placement.undefined_code' } : {}),
        request_id: problem.requestId,
        ...(problem.kind === 'no-version' ? problem.extra : {}),
      },
    ],
  },
})

/** Codes came with 1.23; where no version was agreed on there is none either. */
const hasCode = ({ version }: Problem) => version === undefined || Number(version.split('.')[1]) >= 23

function detailOf({ kind, code, message, extra }: Problem): string {
  if (message.startsWith(unreadable)) return `Malformed JSON: ${message.slice(unreadable.length)}`
  if (code !== 'schema') return kind === 'not-allowed' ? 'The method specified is not allowed for this resource.' : message
  return `${extra['where'] === 'query' ? 'Invalid query string parameters' : 'JSON does not validate'}: ${message}`
}
const unreadable = 'Malformed request body: '

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  413: 'Request Entity Too Large',
  415: 'Unsupported Media Type',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}
