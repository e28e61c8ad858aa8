/** From whom to whom, as somebody typed it. */
export interface Way {
  readonly from: string
  readonly to: string
  readonly port?: number | undefined
}

/** `vm1 -> vm2:80`, `vm1 vm2:80`, `vm1 -> [2001:db8::5]:80`, and all of it in one word. */
export function readWay(words: readonly string[]): Way | { readonly unclear: string } {
  const [from, to, ...rest] = words.flatMap(word => word.split(/\s*(?:->|→)\s*|\s+/)).filter(Boolean)
  if (from === undefined || to === undefined || rest.length > 0)
    return { unclear: "Say from whom to whom: kilonova net trace 'vm1 -> vm2:80'" }
  const bracketed = /^\[([^\]]+)\](?::(\d+))?$/.exec(to)
  const plain = /^([^:]+):(\d+)$/.exec(to)
  const [, name = to, port] = bracketed ?? plain ?? []
  if (port === undefined) return { from, to: name }
  const number = Number(port)
  return number >= 1 && number <= 65_535 ? { from, to: name, port: number } : { unclear: `${port} is no port.` }
}

/** What the network service found. */
export interface TracedWay {
  readonly from: string
  readonly to: string
  readonly arrives: boolean | null
  readonly conclusion: string
  readonly hops: readonly WayHop[]
  readonly probes: readonly { readonly says: string; readonly answered: boolean }[]
}

export interface WayHop {
  readonly where: string
  readonly host: string | null
  readonly what: string
  readonly mark: string
  readonly says: string
}

const marks: Readonly<Record<string, string>> = { ok: 'ok', stop: 'STOP', warning: '!', unknown: '?' }

/** A line per hop, then what came back of real packets, then the sentence. */
export function wayTable({ from, to, hops, probes, conclusion }: TracedWay): string {
  const rows = hops.map(({ mark, host, where, what, says }) => [marks[mark] ?? mark, host ?? '', shortened(where), what, says])
  const widths = [0, 1, 2, 3].map(at => Math.max(...rows.map(row => row[at]?.length ?? 0), 0))
  const lines = rows.map(row =>
    row
      .map((cell, at) => cell.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const sent = probes.map(({ says, answered }) => `${answered ? 'probe ok' : 'probe --'}  ${says}`)
  return [`${from} → ${to}`, ...lines, ...sent, '', conclusion].join('\n')
}

/** Namespaces are named by whole ids; eleven characters tell them apart, and are what devices have. */
const shortened = (where: string) => where.replace(/^(q(?:router|dhcp)-[0-9a-f]{8}-[0-9a-f]{2})[0-9a-f-]*$/, '$1…')
