import type { openCompute } from '@kilonova/compute/main.ts'
import type { Answered } from './door.ts'

type Door = Awaited<ReturnType<typeof openCompute>>['door']

export interface Doors {
  readonly identity: Door
  readonly compute: Door
}

/** A user of the cloud with a token of theirs, who speaks HTTP. */
export interface Client {
  get(path: string, headers?: Record<string, string>): Promise<Answered>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Answered>
  put(path: string, body: unknown, headers?: Record<string, string>): Promise<Answered>
  delete(path: string, headers?: Record<string, string>): Promise<Answered>
  /** Signs in, unless that was done. */
  token(): Promise<string>
}

/** A user of the default domain, on the project of the user's name. */
export function clientOf(doors: Doors, { name, password }: { readonly name: string; readonly password: string }): Client {
  let signingIn: Promise<string> | undefined
  const token = () => {
    signingIn ??= signIn(doors.identity, name, password)
    return signingIn
  }
  const ask = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, headers: Record<string, string> = {}, body?: unknown) =>
    send(doorOf(doors, path), method, path, { 'x-auth-token': await token(), ...headers }, body)
  return {
    get: (path, headers) => ask('GET', path, headers),
    post: (path, body, headers) => ask('POST', path, headers, body),
    put: (path, body, headers) => ask('PUT', path, headers, body),
    delete: (path, headers) => ask('DELETE', path, headers),
    token,
  }
}

const doorOf = ({ identity, compute }: Doors, path: string): Door => (path.startsWith('/v3') ? identity : compute)

async function signIn(identity: Door, name: string, password: string): Promise<string> {
  const domain = { id: 'default' }
  const auth = {
    identity: { methods: ['password'], password: { user: { name, domain, password } } },
    scope: { project: { name, domain } },
  }
  const answer = await send(identity, 'POST', '/v3/auth/tokens', {}, { auth })
  if (answer.status !== 201) throw new Error(`${name} may not sign in: ${answer.status} ${JSON.stringify(answer.body)}`)
  return String(answer.headers['x-subject-token'])
}

async function send(
  door: Door,
  method: 'GET' | 'POST' | 'PUT' | 'DELETE',
  url: string,
  headers: Record<string, string>,
  body?: unknown,
): Promise<Answered> {
  const answer = await door.inject({
    method,
    url,
    headers: { host: 'cloud', ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
  })
  const isJson = String(answer.headers['content-type'] ?? '').startsWith('application/json')
  return { status: answer.statusCode, headers: answer.headers, body: isJson && answer.body !== '' ? answer.json() : answer.body }
}
