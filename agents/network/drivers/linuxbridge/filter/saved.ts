/** What iptables-save says of our chains. */
export interface Saved {
  /** As `filter neutron-linuxbri-FORWARD`. */
  readonly chains: readonly string[]
  /** Built-in chains that lead into ours, as `filter FORWARD`. */
  readonly hooked: readonly string[]
  /** All lines about ours, to see later that nobody changed them. */
  readonly lines: readonly string[]
}

export function readSaved(text: string, prefix: string): Saved {
  const [chains, hooked, lines]: [string[], string[], string[]] = [[], [], []]
  let table = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1)
    const chain = /^:(\S+)/.exec(line)?.[1]
    if (chain?.startsWith(`${prefix}-`)) chains.push(`${table} ${chain}`)
    const hook = /^-A ([A-Z]+) -j (\S+)$/.exec(line)
    if (hook && hook[2] === `${prefix}-${hook[1]}`) hooked.push(`${table} ${hook[1]}`)
    if (line.startsWith(`-A ${prefix}-`)) lines.push(`${table} ${line}`)
  }
  return { chains, hooked, lines }
}

const firstZone = 4097
const lastZone = 65_535

/** Zones that bridges have keep being theirs, or their connections would be forgotten; new bridges get the lowest free ones. */
export function zonesOf(bridges: readonly string[], { lines }: Saved): ReadonlyMap<string, number> {
  const before = new Map(
    lines.flatMap(line => {
      const found = / -i (\S+) -j CT --zone (\d+)$/.exec(line)
      return found ? [[found[1] ?? '', Number(found[2])] as const] : []
    }),
  )
  const taken = new Set(bridges.flatMap(bridge => before.get(bridge) ?? []))
  let next = firstZone
  const free = () => {
    while (taken.has(next) && next < lastZone) next++
    taken.add(next)
    return next
  }
  return new Map([...bridges].sort().map(bridge => [bridge, before.get(bridge) ?? free()]))
}
