import type { Host, Ran } from '../host.ts'

export interface FakeHost {
  readonly files?: Readonly<Record<string, string>>
  readonly links?: Readonly<Record<string, string>>
  readonly stats?: Readonly<Record<string, { mode: number; uid: number; gid: number; modifiedMs: number }>>
  readonly isRoot?: boolean
  readonly nodeVersion?: string
  readonly writable?: boolean
  readonly freeBytes?: number
  readonly memoryBytes?: number
  readonly programs?: Readonly<Record<string, Partial<Ran>>>
  /** Names that resolve, and `host:port` that answer. */
  readonly reachable?: readonly string[]
}

/** A machine made of a few files and answers. Directories are what the paths of its files and links imply. */
export function fakeHost(fake: FakeHost): Host {
  const files = fake.files ?? {}
  const paths = [...Object.keys(files), ...Object.keys(fake.links ?? {}), ...Object.keys(fake.stats ?? {})]
  const inside = (dir: string) =>
    paths.filter(path => path.startsWith(`${dir}/`)).map(path => path.slice(dir.length + 1).split('/')[0] ?? '')
  const reachable = new Set(fake.reachable)
  return {
    isRoot: fake.isRoot ?? true,
    nodeVersion: fake.nodeVersion ?? '24.1.0',
    readText: path => files[path],
    readLink: path => fake.links?.[path],
    list: dir => [...new Set(inside(dir))],
    exists: path => paths.includes(path) || inside(path).length > 0,
    stat: path => fake.stats?.[path],
    mayWrite: () => fake.writable ?? true,
    freeBytes: () => fake.freeBytes ?? 100 * 2 ** 30,
    memoryBytes: fake.memoryBytes ?? 8 * 2 ** 30,
    processors: 2,
    run: async program => ({ code: 127, out: '', err: '', ...(fake.programs?.[program] && { code: 0, ...fake.programs[program] }) }),
    connect: async (host, port) => (reachable.has(`${host}:${port}`) ? undefined : 'ECONNREFUSED'),
    resolve: async name => (reachable.has(name) ? undefined : 'ENOTFOUND'),
  }
}
