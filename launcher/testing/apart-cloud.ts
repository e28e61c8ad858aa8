import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, startThrowAwayRabbit } from '@kilonova/platform/bus/testing.ts'
import { throwAwayMaria } from '@kilonova/platform/sql/throw-away.ts'

/** A cloud whose daemons are processes, each started as a service manager would, over a broker and a database of their own. */
export interface ApartCloud {
  /** Starts a process of these daemons: `nova-scheduler`, `nova-api nova-metadata`; `host`: on a host of this name. */
  start(daemons: string, host?: string): Running
  /** As the administrator; with the name of a door as services.ts has it. */
  ask(door: string, route: string, body?: unknown): Promise<ReturnType<typeof JSON.parse>>
  /** Asks until it holds. Fails when a process ended that nobody killed. */
  until<T>(what: string, look: () => Promise<T | undefined>): Promise<T>
  close(): Promise<void>
}

export interface Running {
  readonly pid: number
  kill(): Promise<void>
}

const doors = ['keystone', 'keystone-admin', 'placement', 'glance', 'neutron', 'nova', 'nova-metadata']
const main = fileURLToPath(new URL('../main.ts', import.meta.url))

export async function openApartCloud(): Promise<ApartCloud> {
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const step of closers.splice(0).reverse()) await step()
  }
  try {
    const home = mkdtempSync(join(tmpdir(), 'kilonova-apart-'))
    closers.push(async () => rmSync(home, { recursive: true, force: true }))
    const begun = [startThrowAwayRabbit(), throwAwayMaria()] as const
    for (const server of begun) closers.push(() => server.then(one => one.remove()).catch(() => {}))
    const [rabbit, maria] = await Promise.all(begun)
    const ports = new Map<string, number>()
    for (const door of doors) ports.set(door, await freePort())
    mkdirSync(join(home, 'etc'))
    writeFileSync(join(home, 'etc', 'kilonova.conf'), configOf(rabbit.url, maria.freshUrl(), ports))
    return { ...processesOf(home, ports, closers), close }
  } catch (error) {
    await close()
    throw error
  }
}

const configOf = (broker: string, database: string, ports: ReadonlyMap<string, number>) => `[DEFAULT]
transport_url = ${broker}
enabled_services = keystone,placement,glance,neutron,nova
compute_driver = fake.FakeDriver
guest_image = false
demo_network = false
[kilonova_network_agent]
driver = fake
[bootstrap]
admin_password = secret
[database]
connection = ${database}
[ports]
${[...ports].map(([door, port]) => `${door} = ${port}`).join('\n')}
`

function processesOf(home: string, ports: ReadonlyMap<string, number>, closers: (() => Promise<unknown>)[]) {
  const ended: string[] = []
  const start = (daemons: string, host?: string): Running => {
    const named = host === undefined ? [] : ['--set', `DEFAULT.host=${host}`]
    const args = ['--disable-warning=ExperimentalWarning', main, '--home', home, ...named, 'run', ...daemons.split(' ')]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', chunk => {
      said = `${said}${chunk}`.slice(-2_000)
    })
    let isKilled = false
    child.once('exit', code => {
      if (!isKilled) ended.push(`${daemons} ended with ${code}: ${said}`)
    })
    const running = {
      pid: child.pid ?? 0,
      kill: async () => {
        isKilled = true
        await endOf(child)
      },
    }
    closers.push(running.kill)
    return running
  }
  let token: string | undefined
  const ask: ApartCloud['ask'] = async (door, route, body) => {
    token ??= await signIn(`http://127.0.0.1:${ports.get('keystone')}`)
    const [method = 'GET', path = '/'] = route.split(' ')
    const isBytes = body instanceof Uint8Array
    const answer = await fetch(`http://127.0.0.1:${ports.get(door)}${path}`, {
      method,
      headers: { 'x-auth-token': token, 'content-type': isBytes ? 'application/octet-stream' : 'application/json' },
      ...(body === undefined ? {} : { body: isBytes ? Buffer.from(body) : JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${door} ${route} is answered ${answer.status}: ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
  const until: ApartCloud['until'] = async (what, look) => {
    let why: unknown
    for (const giveUp = performance.now() + 400_000; performance.now() < giveUp; ) {
      if (ended.length > 0) throw new Error(ended.join('\n'))
      const found = await look().catch((error: unknown) => {
        why = error
      })
      if (found !== undefined) return found
      await new Promise(done => setTimeout(done, 50))
    }
    throw new Error(`${what} never came: ${why instanceof Error ? why.message : 'nobody refused'}`)
  }
  return { start, ask, until }
}

async function signIn(keystone: string): Promise<string> {
  const user = { name: 'admin', password: 'secret', domain: { id: 'default' } }
  const scope = { project: { name: 'admin', domain: { id: 'default' } } }
  const answer = await fetch(`${keystone}/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth: { identity: { methods: ['password'], password: { user } }, scope } }),
  })
  const token = answer.headers.get('x-subject-token')
  if (token === null) throw new Error(`nobody signs in: ${answer.status}`)
  return token
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise(done => child.once('exit', done))
  child.kill('SIGKILL')
  await gone
}
