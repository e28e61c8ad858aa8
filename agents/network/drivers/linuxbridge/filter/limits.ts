import type { Desired, NamespaceWish } from '../../../documents/desired/desired.ts'
import { limitTable } from '../../../documents/filter/limits.ts'
import { routerLimitTable } from '../../../documents/router/limits.ts'
import type { Run } from '../run.ts'

export interface Limits {
  /** Says how many changes were needed. */
  apply(desired: Desired, isThorough: boolean): Promise<number>
}

/** The table of limits, which stays as it is while no limit changes: what was counted counts on. */
export function limitsOn(run: Run, prefix: string): Limits {
  const name = `${prefix.replaceAll('-', '_')}_limits`
  const table = keptTable(run, { family: 'bridge', name })
  return { apply: ({ taps }, isThorough) => table(limitTable(name, taps), isThorough) }
}

/** Those of routers, each in its namespace. */
export interface RouterLimits {
  apply(wish: Pick<NamespaceWish, 'name' | 'limits'>, isThorough: boolean): Promise<number>
  forget(namespace: string): void
}

export function routerLimitsOn(run: Run): RouterLimits {
  const tables = new Map<string, ReturnType<typeof keptTable>>()
  return {
    apply: async ({ name: namespace, limits = '' }, isThorough) => {
      const table = tables.get(namespace) ?? keptTable(run, { family: 'ip', name: routerLimitTable, namespace })
      tables.set(namespace, table)
      return table(limits, isThorough)
    },
    forget: namespace => void tables.delete(namespace),
  }
}

interface Place {
  readonly family: 'bridge' | 'ip'
  readonly name: string
  readonly namespace?: string | undefined
}

/** A table of nft's, written when another is asked for, or when a thorough look finds that it is not what it was. */
function keptTable(run: Run, { family, name, namespace }: Place): (asked: string, isThorough: boolean) => Promise<number> {
  let last: { readonly asked: string; readonly told: string } | undefined
  const read = async () => uncounted(await run('nft', ['list', 'table', family, name], { namespace }).catch(() => ''))
  return async (asked, isThorough) => {
    if (last?.asked === asked && (asked === '' || !isThorough)) return 0
    const told = await read()
    if (last?.asked === asked && last.told === told) return 0
    last = undefined
    if (asked === '' && told !== '') await run('nft', ['delete', 'table', family, name], { namespace })
    if (asked !== '') await run('nft', ['-f', '-'], { input: asked, namespace })
    last = { asked, told: asked === '' ? '' : await read() }
    return asked === '' && told === '' ? 0 : 1
  }
}

const uncounted = (text: string) => text.replaceAll(/ packets \d+ bytes \d+/g, '')
