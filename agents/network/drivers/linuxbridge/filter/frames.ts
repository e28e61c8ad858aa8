import { frameDefects, framesIn } from '../../../documents/defects/frames.ts'
import { frameTable } from '../../../documents/filter/frames.ts'
import type { FilterWish } from '../../../documents/filter/tables.ts'
import { reasonOf, type Run } from '../run.ts'
import type { Loaded } from './rules.ts'

type Wish = Omit<FilterWish, 'zones'>

/** The table of frames, replaced whole at one moment. */
export interface Frames {
  /** What the table is called. */
  readonly name: string
  apply(wish: Wish, isThorough: boolean): Promise<Loaded>
  remove(): Promise<void>
}

export function framesOn(run: Run, name: string): Frames {
  /** What was asked for last; how the kernel told it, where that is spelled otherwise. */
  let last: { readonly asked: string; readonly told?: string } | undefined
  /** The last table that was loaded, also when it is in doubt by now: it changes whole or not at all. */
  let loaded = ''
  const read = () => run('nft', ['list', 'table', 'bridge', name]).catch(() => '')

  async function load(asked: string, isThorough: boolean): Promise<number> {
    if (last?.asked === asked && !isThorough) return 0
    const told = isThorough || !last ? await read() : undefined
    if (told !== undefined && (isSameTable(asked, told) || (last?.asked === asked && last.told === told))) {
      last = { asked, told }
      loaded = asked
      return 0
    }
    last = undefined
    await run('nft', ['-f', '-'], { input: asked })
    loaded = asked
    last = isThorough ? { asked, told: await read() } : { asked }
    return 1
  }

  return {
    name,
    apply: async (wish, isThorough) => {
      try {
        return { changes: await load(frameTable(name, wish.ports, wish.members), isThorough), shut: new Map() }
      } catch (error) {
        const reason = reasonOf(error)
        const open = new Set(frameDefects({ filter: wish }, (await read()) || loaded, new Map()).map(({ subject }) => subject))
        const shut = wish.ports.filter(port => port.hasPortSecurity && (open.has('firewall') || open.has(port.id)))
        return { changes: 0, shut: new Map(shut.map(({ id }) => [id, reason])), ...(shut.length === 0 && { trouble: reason }) }
      }
    },
    remove: async () => {
      last = undefined
      loaded = ''
      if ((await read()) !== '') await run('nft', ['delete', 'table', 'bridge', name])
    },
  }
}

function isSameTable(asked: string, told: string): boolean {
  const [wanted, has] = [framesIn(asked), framesIn(told)]
  return wanted.size === has.size && [...wanted].every(([chain, rules]) => rules.join('\n') === has.get(chain)?.join('\n'))
}
