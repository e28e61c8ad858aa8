import { readFileSync } from 'node:fs'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { numberSaid } from './measured.ts'

/**
 * A cloud full of servers: clients boot them on pretended hosts, each one after another, until there are as many as were asked for; then the
 * lists are read in pages, and the cloud is watched while nobody asks it anything. Reads `OS_*`, works in that project and leaves the servers.
 * `--pid` is the cloud's process, whose CPU and memory are told.
 *
 *     node bench/crowd.ts --pid PID [--servers 20000] [--clients 50] [--idle 60]
 */
interface Answered {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

interface Session {
  readonly token: string
  readonly projectId: string
  readonly urls: ReadonlyMap<string, string>
}

const agent = new Agent({ keepAlive: true })
const pid = numberSaid('pid', process.pid)

function ask(method: string, url: string, token: string | undefined, body?: object): Promise<Answered> {
  const text = body && JSON.stringify(body)
  const headers = {
    ...(token === undefined ? {} : { 'x-auth-token': token }),
    ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
    'openstack-api-version': 'compute 2.79',
  }
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, method, headers }, answered => {
      const parts: Buffer[] = []
      answered.on('data', (part: Buffer) => parts.push(part))
      answered.on('end', () =>
        resolve({ status: answered.statusCode ?? 0, headers: answered.headers, text: Buffer.concat(parts).toString() }),
      )
    })
    sent.on('error', reject)
    sent.end(text)
  })
}

async function must<T>(method: string, url: string, token: string, body?: object): Promise<T> {
  const { status, text } = await ask(method, url, token, body)
  if (status >= 300) throw new Error(`${method} ${url} was answered ${status}: ${text.slice(0, 300)}`)
  return (text === '' ? {} : JSON.parse(text)) as T
}

async function signIn(): Promise<Session> {
  const { env } = process
  const domain = { name: 'Default' }
  const user = { name: env['OS_USERNAME'], password: env['OS_PASSWORD'], domain }
  const scope = { project: { name: env['OS_PROJECT_NAME'], domain } }
  const url = `${String(env['OS_AUTH_URL']).replace(/\/$/, '')}/auth/tokens`
  const { headers, text } = await ask('POST', url, undefined, { auth: { identity: { methods: ['password'], password: { user } }, scope } })
  const { token } = JSON.parse(text) as {
    token: { project: { id: string }; catalog: { type: string; endpoints: { interface: string; url: string }[] }[] }
  }
  const urls = token.catalog.map(({ type, endpoints }) => [type, endpoints.find(one => one.interface === 'public')?.url ?? ''] as const)
  return { token: String(headers['x-subject-token']), projectId: token.project.id, urls: new Map(urls) }
}

/** Seconds of CPU so far, and MiB of memory now. */
function used(): { readonly cpu: number; readonly mib: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [user = 0, system = 0] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number)
  const mib = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  return { cpu: (user + system) / 100, mib }
}

async function measured(what: string, count: number, work: () => Promise<unknown>): Promise<void> {
  const [before, began] = [used(), performance.now()]
  await work()
  const [after, seconds] = [used(), (performance.now() - began) / 1000]
  const each = ((after.cpu - before.cpu) * 1000) / count
  console.log(
    `${what.padEnd(44)} ${each.toFixed(2).padStart(9)} ms of CPU each, ${(count / seconds).toFixed(1).padStart(7)}/s, ${after.mib.toFixed(0)} MiB`,
  )
}

async function boot({ token, urls }: Session, count: number, clients: number): Promise<void> {
  const nova = urls.get('compute')
  const images = async () => (await must<{ images: { id: string }[] }>('GET', `${urls.get('image')}/v2/images?status=active`, token)).images
  // A new cloud is still making its own.
  while ((await images()).length === 0) await sleep(1000)
  const [image] = await images()
  const [flavor] = (await must<{ flavors: { id: string }[] }>('GET', `${nova}/flavors`, token)).flavors
  const server = { imageRef: image?.id, flavorRef: flavor?.id, networks: 'none' }
  const waits: number[] = []
  let next = 0
  await measured(`boot ${count} servers by ${clients} clients`, count, async () => {
    const client = async () => {
      while (next < count) {
        const [name, began] = [`crowd-${next++}`, performance.now()]
        await must('POST', `${nova}/servers`, token, { server: { ...server, name } })
        waits.push(performance.now() - began)
      }
    }
    await Promise.all(Array.from({ length: clients }, client))
    const building = async () =>
      (await must<{ servers: object[] }>('GET', `${nova}/servers?status=BUILD&limit=1`, token)).servers.length > 0
    while (await building()) await sleep(1000)
  })
  const failed = (await must<{ servers: object[] }>('GET', `${nova}/servers?status=ERROR`, token)).servers.length
  waits.sort((a, b) => a - b)
  console.log(`POST /servers: half of them within ${waits[waits.length >> 1]?.toFixed(1)} ms; servers in ERROR: ${failed}`)
}

async function page({ token, urls }: Session): Promise<void> {
  const url = `${urls.get('compute')}/servers/detail?limit=1000`
  let pages = 0
  let seen = 0
  const began = [used().cpu, performance.now()] as const
  for (let marker = ''; ; pages++) {
    const { servers } = await must<{ servers: { id: string }[] }>('GET', marker === '' ? url : `${url}&marker=${marker}`, token)
    seen += servers.length
    marker = servers.at(-1)?.id ?? ''
    if (servers.length < 1000) break
  }
  const each = (now: number, then: number) => ((now - then) / Math.max(1, pages)).toFixed(3)
  console.log(
    `${seen} servers in pages of 1000: ${each(used().cpu, began[0])} s of CPU a page, ${each(performance.now() / 1000, began[1] / 1000)} s`,
  )
}

const session = await signIn()
const unlimited = { quota_set: { instances: -1, cores: -1, ram: -1 } }
await must('PUT', `${session.urls.get('compute')}/os-quota-sets/${session.projectId}`, session.token, unlimited)
const count = numberSaid('servers', 20_000)
if (count > 0) await boot(session, count, numberSaid('clients', 50))
await page(await signIn())
const seconds = numberSaid('idle', 60)
const before = used()
await sleep(seconds * 1000)
const after = used()
console.log(`idle: ${(((after.cpu - before.cpu) / seconds) * 100).toFixed(1)} % of a processor, ${after.mib.toFixed(0)} MiB`)
agent.destroy()
