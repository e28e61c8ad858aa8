import type { Problem, Spelling } from '@kilonova/platform/http/problem.ts'

/** Glance's dialect where JSON is welcome: `{"message": "No image found with ID x", "code": "404 Not Found", "title": "Not Found"}`. */
export const spell: Spelling = problem => spellFor(problem, 'application/json')

/** A client that says nothing about what it reads, or prefers HTML, gets a page: `glance` and other older programs cut the text out of it. */
export function spellFor(problem: Problem, accept: string | undefined): ReturnType<Spelling> {
  const status = problem.kind === 'over-quota' ? 413 : problem.status
  const title = titles[status] ?? 'Error'
  const message = problem.kind === 'defect' ? `${problem.message} (Request ID: ${problem.requestId})` : problem.message
  const headers = headersOf(problem, status)
  if (isJsonWelcome(accept)) return { status, headers, body: { message, code: `${status} ${title}`, title } }
  const page = `<html>\n <head>\n  <title>${status} ${title}</title>\n </head>\n <body>\n  <h1>${status} ${title}</h1>\n  ${escaped(message)}<br /><br />\n </body>\n</html>`
  return { status, headers: { ...headers, 'content-type': 'text/html; charset=UTF-8' }, body: page }
}

function headersOf({ extra }: Problem, status: number): Readonly<Record<string, string>> {
  const accepts = extra['acceptPatch']
  const range = extra['contentRange']
  return {
    ...(status === 401 ? { 'www-authenticate': 'Keystone uri="/v3"' } : {}),
    ...(typeof accepts === 'string' ? { 'accept-patch': accepts } : {}),
    ...(typeof range === 'string' ? { 'content-range': range } : {}),
  }
}

const isJsonWelcome = (accept: string | undefined) =>
  accept !== undefined && /application\/([\w.+-]*\+)?json/i.test(accept) && !/text\/html/i.test(accept)

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

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
  416: 'Requested Range Not Satisfiable',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
}
