import type { Readable } from 'node:stream'
import { Answer, type Door, open } from '@kilonova/platform/http/endpoint.ts'
import type { Spelling } from '@kilonova/platform/http/problem.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { mostBytes } from '../server-passwords/server-password.ts'
import { endpoint } from '../versions.ts'
import type { Found, Knock, MetadataLogic } from './logic.ts'

const why = open('guests have no token: the proxy of their network signs for them')
const sessionPath = /^\/+latest\/+api\/+token\/*$/

/** Every path is served: the tree is the guest's own, and no two have the same. */
// biome-ignore format: a table per route
export const metadataApi = (metadata: MetadataLogic) => [
  endpoint('GET /*', {
    summary: 'Tell a guest about itself',
    policy:  why,
    status:  200,
    run:     async ({ door }) => fileAnswer(await metadata.read(pathOf(door), knockOf(door))),
  }),

  endpoint('POST /*', {
    summary: 'Keep the password a guest made, sealed',
    policy:  why,
    streams: true,
    status:  200,
    async run({ door, cause }) {
      await metadata.setPassword(pathOf(door), knockOf(door), await textOf(door.stream, mostBytes), cause)
      return fileAnswer({ content: '', isJson: false })
    },
  }),

  endpoint('PUT /*', {
    summary: 'Open a session of a guest',
    policy:  why,
    streams: true,
    status:  200,
    async run({ door }) {
      if (!sessionPath.test(pathOf(door))) throw new Refusal('not-found', 'The resource could not be found.')
      const seconds = Number(one(door, 'x-aws-ec2-metadata-token-ttl-seconds') ?? Number.NaN)
      return fileAnswer({ content: await metadata.openSession(knockOf(door), seconds), isJson: false })
    },
  }),
]

const pathOf = ({ url }: Door): string => decodeURIComponent(url.split('?')[0] ?? '/')

function knockOf(door: Door): Knock {
  return {
    serverId: one(door, 'x-instance-id'),
    projectId: one(door, 'x-tenant-id'),
    signature: one(door, 'x-instance-id-signature'),
    token: one(door, 'x-aws-ec2-metadata-token'),
  }
}

/** Node joins a header that came twice with a comma: an id or a signature has none, and what was joined matches nothing. */
const one = ({ headers }: Door, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

function fileAnswer({ content, isJson }: Found): Answer<never> {
  const bytes = typeof content === 'string' ? Buffer.from(content) : Buffer.from(content.base64, 'base64')
  const type = isJson ? 'application/json' : 'text/plain; charset=UTF-8'
  return new Answer({ stream: bytes, headers: { 'content-type': type, 'content-length': String(bytes.length) } })
}

async function textOf(stream: Readable, most: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    length += chunk.length
    if (length > most) throw new Refusal('invalid', 'Request is too large.')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

const titles: Readonly<Record<number, string>> = {
  ...{ 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed' },
  ...{ 409: 'Conflict', 500: 'Internal Server Error', 503: 'Service Unavailable' },
}

/** As guests have always read it: a page for people, whose status is all that programs look at. */
export const spellForGuests: Spelling = ({ kind, status, message }) => {
  const title = `${status} ${titles[status] ?? 'Error'}`
  const said = kind === 'defect' ? 'An unknown error has occurred. Please try your request again.' : message
  const body = `<html>\n <head>\n  <title>${title}</title>\n </head>\n <body>\n  <h1>${title}</h1>\n  ${escaped(said)}<br /><br />\n\n\n\n </body>\n</html>`
  return { body, headers: { 'content-type': 'text/html; charset=UTF-8' } }
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
