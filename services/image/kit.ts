import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CloudFacts } from '@kilonova/identity/contract/cloud-facts.ts'
import { systemChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { type ImageService, imageOptions, openImage } from './main.ts'
import type { Tables } from './tables.ts'

export interface Answered {
  readonly status: number
  readonly headers: Headers
  /** Whatever the answer holds: parsed JSON, or text. */
  readonly body: ReturnType<typeof JSON.parse>
  readonly bytes: Buffer
}

export interface Asking {
  readonly as?: string | undefined
  readonly body?: unknown
  readonly bytes?: Buffer | undefined
  readonly patch?: unknown
  readonly headers?: Record<string, string> | undefined
}

export interface Bench {
  readonly db: Database<Tables>
  readonly image: ImageService
  readonly dir: string
  readonly url: string
  ask(route: string, more?: Asking): Promise<Answered>
  /** Registers an image; of a raw disk in no container unless told otherwise. */
  register(image?: object, as?: string): Promise<string>
  upload(id: string, bytes: Buffer, as?: string): Promise<Answered>
  close(): Promise<void>
}

/** Callers by their tokens: what stands before the dot is the project, behind it the role. */
const callers = ['demo.member', 'demo.reader', 'other.member', 'third.member', 'admin.admin']

const tokens = {
  validate: async (token: string) => {
    const [projectId = '', role = ''] = token.split('.')
    if (!callers.includes(token)) throw new Refusal('not-found', 'no such token')
    const domain = { id: 'default', name: 'Default' }
    const roles = { reader: ['reader'], member: ['member', 'reader'], admin: ['admin', 'member', 'reader'] }[role] ?? []
    return {
      user: { id: `u-${token}`, name: token, domain },
      scope: { kind: 'project', project: { id: projectId, name: projectId, domain } },
      roles: roles.map(name => ({ id: name, name })),
    } as never
  },
}

/** For tests: the whole service over HTTP, with its stores in a directory of its own. `flags` are settings, as `DEFAULT.image_size_cap=5`. */
export async function bench(
  flags: readonly string[] = [],
  more: { dir?: string; databaseUrl?: string; guestProgram?: string; facts?: CloudFacts; rules?: Readonly<Record<string, string>> } = {},
): Promise<Bench> {
  const dir = more.dir ?? mkdtempSync(join(tmpdir(), 'kilonova-image-'))
  const settings = readConfig(
    imageOptions,
    readSources({ files: [], dirs: [], environment: {}, flags: [`glance_store.filesystem_store_datadir=${dir}/images`, ...flags] }),
  ).values
  const image = await openImage({
    databaseUrl: more.databaseUrl ?? 'sqlite://',
    tokens,
    facts: more.facts,
    overrides: more.rules && { file: 'policy.yaml', rules: more.rules },
    settings,
    homeDir: dir,
    guestProgram: more.guestProgram,
    host: 'host1',
    clock: systemClock,
    chance: systemChance,
    log: silentLog,
  })
  const server = createServer(image.answer)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const ask: Bench['ask'] = async (route, { as = 'demo.member', body, bytes, patch, headers = {} } = {}) => {
    const [method = 'GET', path = '/'] = route.split(' ')
    const type =
      bytes !== undefined
        ? 'application/octet-stream'
        : patch !== undefined
          ? 'application/openstack-images-v2.1-json-patch'
          : 'application/json'
    const content = bytes ?? (patch === undefined ? body && JSON.stringify(body) : JSON.stringify(patch))
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(as === '' ? {} : { 'x-auth-token': as }),
        ...(content === undefined ? {} : { 'content-type': type }),
        ...headers,
      },
      redirect: 'manual',
      ...(content === undefined ? {} : { body: content as string }),
    })
    const read = Buffer.from(await answer.arrayBuffer())
    const isJson = (answer.headers.get('content-type') ?? '').startsWith('application/json')
    return {
      status: answer.status,
      headers: answer.headers,
      body: isJson && read.length > 0 ? JSON.parse(read.toString()) : read.toString(),
      bytes: read,
    }
  }
  return {
    db: image.database,
    image,
    dir,
    url,
    ask,
    async register(fields = {}, as = 'demo.member') {
      const { status, body } = await ask('POST /v2/images', {
        as,
        body: { name: 'disk', disk_format: 'raw', container_format: 'bare', ...fields },
      })
      if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
      return body.id
    },
    upload: (id, bytes, as) => ask(`PUT /v2/images/${id}/file`, { as, bytes }),
    async close() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
      await image.close()
      if (more.dir === undefined) rmSync(dir, { recursive: true, force: true })
    },
  }
}
