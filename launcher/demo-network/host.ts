import type { Host } from '../host.ts'
import type { Places } from '../places.ts'

/** Blocks that are tried in turn: the first is what development clouds have always had. */
const third = (prefix: string, from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => `${prefix}.${from + n}.0/24`)
export const outsideBlocks = third('172.24', 4, 63)
export const insideBlocks = [...third('10.0', 0, 15), ...third('192.168', 200, 215)]

/** `br-ex` for the cloud of the machine, as everybody expects; another cloud beside it has a name of its own. */
export function bridgeNames({ home, hint }: Pick<Places, 'home' | 'hint'>): readonly string[] {
  let sum = 0
  for (const letter of home) sum = (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0
  const own = `br-ex-${sum.toString(36).slice(-6)}`
  return hint === '' ? ['br-ex', own] : [own]
}

interface Routed {
  /** Blocks this machine has or has a way to. */
  readonly taken: readonly string[]
  readonly links: ReadonlySet<string>
}

export async function routesOf(host: Pick<Host, 'run'>): Promise<Routed> {
  const routes = await run(host, 'ip', ['-4', 'route', 'show', 'table', 'all'])
  const links = await run(host, 'ip', ['-o', 'link', 'show'])
  return {
    taken: routes.split('\n').flatMap(line => /(?:^|\s)(\d+(?:\.\d+){3}(?:\/\d+)?)(?:\s|$)/.exec(line)?.[1] ?? []),
    links: new Set(links.split('\n').flatMap(line => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? [])),
  }
}

/** The first block that shares no address with any of those. */
export const freeBlock = (blocks: readonly string[], taken: readonly string[]): string | undefined =>
  blocks.find(block => !taken.some(other => overlap(block, other)))

function overlap(one: string, other: string): boolean {
  const [a, b] = [spanOf(one), spanOf(other)]
  return a.first <= b.last && b.first <= a.last
}

function spanOf(block: string): { first: number; last: number } {
  const [address = '', length = '32'] = block.split('/')
  const size = 2 ** (32 - Number(length))
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const first = Math.floor(value / size) * size
  return { first, last: first + size - 1 }
}

interface WayOut {
  readonly bridge: string
  readonly cidr: string
  /** What tells it from bridges of others. */
  readonly mark: string
}

/** The bridge with the host's address on it, and the translation of what leaves by other ways. Repeating it changes nothing. */
export async function standUp(host: Pick<Host, 'run' | 'readText'>, { bridge, cidr, mark }: WayOut): Promise<void> {
  const there = await host.run('ip', ['-o', 'link', 'show', 'dev', bridge])
  if (there.code !== 0) await run(host, 'ip', ['link', 'add', 'name', bridge, 'type', 'bridge', 'forward_delay', '0', 'stp_state', '0'])
  else if (!there.out.includes(`alias ${mark}`)) throw new Error(`${bridge} is there already, and is not this cloud's`)
  await run(host, 'ip', ['link', 'set', 'dev', bridge, 'alias', mark])
  await run(host, 'ip', ['address', 'replace', gatewayOf(cidr), 'dev', bridge])
  await run(host, 'ip', ['link', 'set', 'dev', bridge, 'up'])
  await run(host, 'sysctl', ['-q', '-w', 'net.ipv4.ip_forward=1'])
  await translate(host, bridge, cidr)
}

/** Of the mark a packet carries from one chain to the next. */
const leaving = '0x4b000000'

/**
 * A table of its own, so that it goes as one. What leaves is known by where it came in: what bridges pass on among guests is seen here too, with
 * the same addresses, and must keep them.
 */
async function translate(host: Pick<Host, 'run'>, bridge: string, cidr: string): Promise<void> {
  const table = tableOf(bridge)
  if ((await host.run('nft', ['list', 'table', 'ip', table])).code === 0) return
  const chain = (name: string, type: string, priority: string) =>
    run(host, 'nft', ['add', 'chain', 'ip', table, name, '{', 'type', type, 'hook', name, 'priority', priority, ';', '}'])
  await run(host, 'nft', ['add', 'table', 'ip', table])
  await chain('forward', 'filter', 'mangle')
  await chain('postrouting', 'nat', 'srcnat')
  const marked = ['meta', 'mark', 'set', 'meta', 'mark', 'or', leaving]
  const out = ['iifname', bridge, 'oifname', '!=', bridge, 'ip', 'saddr', cidr]
  await run(host, 'nft', ['add', 'rule', 'ip', table, 'forward', ...out, ...marked])
  await run(host, 'nft', ['add', 'rule', 'ip', table, 'postrouting', 'meta', 'mark', '&', leaving, '==', leaving, 'masquerade'])
}

/** Takes both away, if they are this cloud's. */
export async function tearDown(host: Pick<Host, 'run'>, { bridge, mark }: Pick<WayOut, 'bridge' | 'mark'>): Promise<void> {
  const there = await host.run('ip', ['-o', 'link', 'show', 'dev', bridge])
  if (there.code !== 0 || !there.out.includes(`alias ${mark}`)) return
  await host.run('nft', ['delete', 'table', 'ip', tableOf(bridge)])
  await run(host, 'ip', ['link', 'del', 'dev', bridge])
}

/** Whether anything is plugged into it. */
export const isUsed = async (host: Pick<Host, 'run'>, bridge: string): Promise<boolean> =>
  (await host.run('ip', ['-o', 'link', 'show', 'master', bridge])).out.trim() !== ''

const tableOf = (bridge: string) => `kilonova-${bridge}`
const gatewayOf = (cidr: string) => cidr.replace(/\d+\/(\d+)$/, '1/$1')

async function run(host: Pick<Host, 'run'>, program: string, args: readonly string[]): Promise<string> {
  const { code, out, err } = await host.run(program, args)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${err.trim().split('\n').at(-1) ?? `exit code ${code}`}`)
  return out
}
