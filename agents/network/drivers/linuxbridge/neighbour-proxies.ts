import type { NamespaceWish } from '../../documents/desired/desired.ts'
import type { Run } from './run.ts'

/**
 * Addresses of guests that a router's outer device answers for. The kernel shows what it was told, so what is as it should be is left alone; a
 * namespace that never had any is not asked.
 */
export function neighbourProxies(run: Run) {
  const known = new Set<string>()
  return {
    async apply({ name, proxied = [] }: NamespaceWish): Promise<number> {
      if (proxied.length === 0 && !known.has(name)) return 0
      const inside = { namespace: name }
      const there = pairsIn(await run('ip', ['-6', 'neigh', 'show', 'proxy'], inside))
      const wanted = proxied.map(({ device, address }) => `${address} dev ${device}`)
      const [missing, gone] = [wanted.filter(pair => !there.includes(pair)), there.filter(pair => !wanted.includes(pair))]
      for (const device of new Set(missing.map(pair => pair.split(' dev ')[1] ?? '')))
        await run('sysctl', ['-q', '-w', `net/ipv6/conf/${device}/proxy_ndp=1`], inside)
      for (const pair of missing) await run('ip', ['-6', 'neigh', 'add', 'proxy', ...pair.split(' ')], inside)
      for (const pair of gone) await run('ip', ['-6', 'neigh', 'del', 'proxy', ...pair.split(' ')], inside)
      if (wanted.length > 0) known.add(name)
      else known.delete(name)
      return missing.length + gone.length
    },
    forget: (name: string) => void known.delete(name),
  }
}

/** `2001:db8::5 dev qg-1 proxy` */
const pairsIn = (text: string): readonly string[] =>
  text.split('\n').flatMap(line => {
    const [address = '', word, device = ''] = line.trim().split(/\s+/)
    return word === 'dev' ? [`${address} dev ${device}`] : []
  })
