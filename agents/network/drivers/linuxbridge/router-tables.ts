import type { NamespaceWish } from '../../documents/desired/desired.ts'
import type { Run } from './run.ts'

/**
 * The tables of routers' namespaces, each replaced whole at one moment. What was asked and what the kernel then showed is remembered, so that a
 * router that is as it should be is left alone.
 */
export interface RouterTables {
  apply(wish: NamespaceWish): Promise<number>
  forget(namespace: string): void
}

const tools = [
  { version: 'v4', save: 'iptables-save', restore: 'iptables-restore' },
  { version: 'v6', save: 'ip6tables-save', restore: 'ip6tables-restore' },
] as const

export function routerTablesOn(run: Run): RouterTables {
  const last = new Map<string, { asked: string; told: string }>()
  return {
    apply: async ({ name, tables }) => {
      let changes = 0
      for (const { version, save, restore } of tools) {
        const asked = tables?.[version]
        if (asked === undefined) continue
        const key = `${name} ${version}`
        const look = async () => rulesOf(await run(save, [], { namespace: name }))
        const known = last.get(key)
        if (known?.asked === asked && known.told === (await look())) continue
        await run(restore, [], { namespace: name, input: asked })
        last.set(key, { asked, told: await look() })
        changes++
      }
      return changes
    },
    forget: namespace => {
      for (const { version } of tools) last.delete(`${namespace} ${version}`)
    },
  }
}

/** Counters and the time of day are no rules. */
const rulesOf = (text: string): string =>
  text
    .split('\n')
    .filter(line => !line.startsWith('#'))
    .map(line => line.replace(/ \[\d+:\d+\]$/, ''))
    .join('\n')
