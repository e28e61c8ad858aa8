import { createReadStream, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** One point of a request's way, as a line of a log told it. */
export interface Hop {
  /** ISO 8601, UTC. */
  readonly time: string
  readonly daemon: string
  /** `http.request`, `bus.ask`, `task.step`, `sql.commit`; `log` for a line that is no trace point. */
  readonly hop: string
  readonly what: string
  /** How long it took, where it says so. */
  readonly ms?: number | undefined
}

/** Every line of the logs in `dir` that belongs to the request, in the order of time. */
export async function collectHops(dir: string, requestId: string): Promise<readonly Hop[]> {
  const files = readdirSync(dir).filter(name => /\.log(\.\d+)?$/.test(name))
  const found = await Promise.all(files.map(name => hopsIn(join(dir, name), requestId)))
  return found.flat().sort((a, b) => a.time.localeCompare(b.time))
}

/** The same of lines that are in memory, in the order they were written. */
export function hopsOf(lines: readonly string[], requestId: string): readonly Hop[] {
  return lines.flatMap(line => (line.includes(requestId) ? (readHop(line, requestId) ?? []) : []))
}

/** A table: time, milliseconds since the first line, daemon, hop, what. */
export function traceTable(hops: readonly Hop[]): string {
  const start = Date.parse(hops[0]?.time ?? '')
  const rows = hops.map(({ time, daemon, hop, what, ms }) => [
    time.slice(11, 23),
    `+${Date.parse(time) - start}`,
    daemon,
    hop,
    ms === undefined ? what : `${what} (${Math.round(ms * 10) / 10} ms)`,
  ])
  return table(['time', '+ms', 'daemon', 'hop', 'what'], rows)
}

async function hopsIn(file: string, requestId: string): Promise<Hop[]> {
  const hops: Hop[] = []
  for await (const line of createInterface({
    input: createReadStream(file, { highWaterMark: 1 << 20 }),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    if (!line.includes(requestId)) continue
    const hop = readHop(line, requestId)
    if (hop) hops.push(hop)
  }
  return hops
}

function readHop(line: string, requestId: string): Hop | undefined {
  try {
    const { time, daemon, hop, msg, what, ms, request_id, global_request_id } = JSON.parse(line) as Record<string, unknown>
    if (request_id !== requestId && global_request_id !== requestId) return undefined
    const words = [msg === hop ? '' : msg, what].filter(part => typeof part === 'string' && part !== '').join(' ')
    return {
      time: String(time),
      daemon: String(daemon),
      hop: typeof hop === 'string' ? hop : 'log',
      what: words,
      ...(typeof ms === 'number' ? { ms } : {}),
    }
  } catch {
    return undefined
  }
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => row[column]?.length ?? 0)))
  return [head, ...rows]
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
