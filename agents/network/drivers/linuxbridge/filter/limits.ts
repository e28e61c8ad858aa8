import type { Desired } from '../../../documents/desired/desired.ts'
import { limitTable } from '../../../documents/filter/limits.ts'
import type { Run } from '../run.ts'

export interface Limits {
  /** Says how many changes were needed. */
  apply(desired: Desired, isThorough: boolean): Promise<number>
}

/** The table of limits, which stays as it is while no limit changes: what was counted counts on. */
export function limitsOn(run: Run, prefix: string): Limits {
  const name = `${prefix.replaceAll('-', '_')}_limits`
  let last: { readonly asked: string; readonly told: string } | undefined
  const read = async () => uncounted(await run('nft', ['list', 'table', 'bridge', name]).catch(() => ''))
  return {
    apply: async ({ taps }, isThorough) => {
      const asked = limitTable(name, taps)
      if (last?.asked === asked && !isThorough) return 0
      const told = await read()
      if (last?.asked === asked && last.told === told) return 0
      last = undefined
      if (asked === '' && told !== '') await run('nft', ['delete', 'table', 'bridge', name])
      if (asked !== '') await run('nft', ['-f', '-'], { input: asked })
      last = { asked, told: asked === '' ? '' : await read() }
      return asked === '' && told === '' ? 0 : 1
    },
  }
}

const uncounted = (text: string) => text.replaceAll(/ packets \d+ bytes \d+/g, '')
