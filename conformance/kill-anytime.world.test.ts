import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { seededChance } from '@kilonova/platform/chance.ts'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Cloud, startCloud } from './kit/cloud.ts'

/**
 * The whole cloud is one process, which is killed in the middle of real boots and deletions and started again. Whatever it was about to say or write,
 * all that was asked of it comes to an end. `KILONOVA_KILLS` says how often, `KILONOVA_SEED` when; `KILONOVA_KILLS_LIBVIRTD=4` has every fourth take
 * libvirt along, for machines on which nobody else uses it. With `KILONOVA_KILLS_ALL` what does not hold is told at the end, and not at once.
 */
const kills = Number(process.env['KILONOVA_KILLS'] ?? 6)
const libvirtEvery = Number(process.env['KILONOVA_KILLS_LIBVIRTD'] ?? 0)
const goesOn = process.env['KILONOVA_KILLS_ALL'] !== undefined
const chance = seededChance(Number(process.env['KILONOVA_SEED'] ?? process.pid))
const services = 'keystone,glance,placement,nova'
const mostServers = 4
/** Longer than the lease of a killed process on its work, and than what it was about. */
const settlingMs = 180_000

const instancesDir = `/var/lib/nova/kilonova-kill-${process.pid}`

let cloud: Cloud
let image: string
let token: string
beforeAll(async () => {
  cloud = await startCloud({ services, flags: [`instances_path=${instancesDir}`] })
  countApart()
  token = await signIn()
  image = await upload()
}, 240_000)
afterAll(async () => {
  await cleanUp()
  await cloud?.close()
}, 240_000)

const urlOf = (service: string, path: string) => `http://127.0.0.1:${cloud.port}/${service}${path}`

/** Another cloud may use the same libvirt, where names are shared. */
function countApart(): void {
  const database = new DatabaseSync(join(cloud.home, 'nova.db'))
  database.exec(`update instance_counter set last = ${0x2000_0000 + process.pid * 4096}`)
  database.close()
}

async function signIn(): Promise<string> {
  const domain = { id: 'default' }
  const password = readFileSync(join(cloud.home, 'admin-password'), 'utf8').trim()
  const auth = {
    identity: { methods: ['password'], password: { user: { name: 'admin', domain, password } } },
    scope: { project: { name: 'admin', domain } },
  }
  const answer = await fetch(urlOf('identity', '/v3/auth/tokens'), { method: 'POST', body: JSON.stringify({ auth }), headers: json })
  return answer.headers.get('x-subject-token') ?? ''
}

const json = { 'content-type': 'application/json' }

/** Nothing it could boot: its guest says so and waits, which is all that is needed of it. */
async function upload(): Promise<string> {
  const body = JSON.stringify({ name: 'blank', disk_format: 'raw', container_format: 'bare', visibility: 'public' })
  const made = await fetch(urlOf('image', '/v2/images'), { method: 'POST', body, headers: { ...json, 'x-auth-token': token } })
  const { id } = (await made.json()) as { id: string }
  const headers = { 'content-type': 'application/octet-stream', 'x-auth-token': token }
  await fetch(urlOf('image', `/v2/images/${id}/file`), { method: 'PUT', body: new Uint8Array(1 << 20), headers })
  return id
}

/** Nothing, when the cloud was killed under it. Many kills take longer than a token lives. */
async function ask<Answer>(method: string, path: string, body?: object): Promise<Answer | undefined> {
  const answer = await shoot(method, path, body)
  if (answer?.status !== 401) return understood(answer)
  const fresh = await signIn().catch(() => '')
  if (fresh === '') return undefined
  token = fresh
  return understood(await shoot(method, path, body))
}

const shoot = (method: string, path: string, body?: object): Promise<Response | undefined> =>
  fetch(urlOf('compute', `/v2.1${path}`), {
    method,
    headers: { ...json, 'x-auth-token': token },
    ...(body ? { body: JSON.stringify(body) } : {}),
  }).catch(() => undefined)

async function understood<Answer>(answer: Response | undefined): Promise<Answer | undefined> {
  const text = await answer?.text().catch(() => undefined)
  if (answer === undefined || text === undefined || answer.status === 401 || answer.status >= 500) return undefined
  return (text === '' ? {} : JSON.parse(text)) as Answer
}

interface Shown {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly 'OS-EXT-STS:task_state': string | null
  readonly fault?: { readonly message: string }
}
/** Nothing, when nobody answered: that is not to be taken for a cloud without servers. */
const servers = async (): Promise<readonly Shown[] | undefined> => (await ask<{ servers: Shown[] }>('GET', '/servers/detail'))?.servers

/** A boot or a deletion, as they come. */
async function wish(round: number): Promise<void> {
  const all = (await servers()) ?? []
  const victim = all[Math.floor(chance.fraction() * all.length)]
  if (victim && (all.length >= mostServers || chance.fraction() < 0.4)) await ask('DELETE', `/servers/${victim.id}`)
  else await ask('POST', '/servers', { server: { name: `kill-${round}`, imageRef: image, flavorRef: '1' } })
}

async function kill(round: number): Promise<void> {
  const { pid } = JSON.parse(readFileSync(join(cloud.home, 'running.json'), 'utf8')) as { pid: number }
  process.kill(pid, 'SIGKILL')
  if (libvirtEvery > 0 && round % libvirtEvery === 0) await killLibvirt()
  const { code, err } = await cloud.kilonova('up', '--only', services, '--one-port', String(cloud.port), '--no-install')
  if (code !== 0) throw new Error(`The cloud did not start again: ${err}`)
}

async function killLibvirt(): Promise<void> {
  const pid = Number(readFileSync('/run/libvirtd.pid', 'utf8'))
  process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 10_000)
}

async function allSettle(): Promise<readonly Shown[]> {
  const until = Date.now() + settlingMs
  for (;;) {
    const all = await servers()
    if (all?.every(one => one['OS-EXT-STS:task_state'] === null && one.status !== 'BUILD')) return all
    if (Date.now() > until)
      throw new Error(`Not settled: ${JSON.stringify(all?.map(one => [one.name, one.status, one['OS-EXT-STS:task_state']]))}`)
    await pause(1_000)
  }
}

async function cleanUp(): Promise<void> {
  if (token === undefined) return
  for (const { id } of (await servers()) ?? []) await ask('DELETE', `/servers/${id}`)
  const until = Date.now() + settlingMs
  while ((await servers())?.length !== 0 && Date.now() < until) await pause(500)
  rmSync(instancesDir, { recursive: true, force: true })
}

const pause = (ms: number) => new Promise(done => setTimeout(done, ms))

test(`${kills} kills in the middle of boots and deletions leave nothing stuck, lost or behind`, async () => {
  const broken: string[] = []
  for (let round = 1; round <= kills; round++) {
    const asking = Array.from({ length: 1 + Math.floor(chance.fraction() * 2) }, () => wish(round))
    await pause(chance.fraction() * 2_500)
    await kill(round)
    await Promise.all(asking)
    const held = round % 10 === 0 || round === kills ? settledAndVerified() : verified()
    await held.then(
      told => console.log(`after ${round} kills: ${told}`),
      (error: Error) => {
        if (!goesOn) throw error
        broken.push(`after ${round} kills: ${error.message}`)
        console.log(broken.at(-1))
      },
    )
  }
  console.log(`${kills - broken.length} kills of ${kills} hold, ${broken.length} do not`)
  expect(broken).toEqual([])
}, 14_400_000)

async function settledAndVerified(): Promise<string> {
  const all = await allSettle()
  const broken = all.filter(({ status, fault }) => !['ACTIVE', 'SHUTOFF'].includes(status) && fault === undefined)
  if (broken.length > 0) throw new Error(`Neither there nor failed with a reason: ${JSON.stringify(broken)}`)
  return `${all.map(({ status }) => status).join(' ') || 'no servers'}; ${await verified()}`
}

/** What is under way is nobody's mistake, and is left out. */
async function verified(): Promise<string> {
  const { code, out } = await cloud.kilonova('verify')
  if (code !== 0 || !out.includes('0 do not, 0 could not be made')) throw new Error(`It does not verify: ${out}`)
  return out.trim().split('\n').at(-1) ?? ''
}
