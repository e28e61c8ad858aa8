/** A moment at which something ends, as kept: ISO 8601 in UTC with microseconds, `2016-08-04T07:29:26.123456Z`. */
export type Expiry = string

const form = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d{1,6})\d*)?(Z|[+-]\d{2}(?::?\d{2})?)?$/

/** Reads a time as clients write it; one without a zone is UTC. Nothing when it is no time. */
export function parseExpiry(text: string): Expiry | undefined {
  const [, day, clock = '', fraction = '', zone = 'Z'] = form.exec(text) ?? []
  if (day === undefined) return undefined
  const seconds = clock.length === 5 ? `${clock}:00` : clock
  const offset = zone === 'Z' ? 'Z' : `${zone.slice(0, 3)}:${zone.replace(':', '').slice(3) || '00'}`
  const ms = Date.parse(`${day}T${seconds}${offset}`)
  return Number.isNaN(ms) ? undefined : `${new Date(ms).toISOString().slice(0, 19)}.${fraction.padEnd(6, '0')}Z`
}

/** Whether the moment has come; `now` in epoch milliseconds. */
export const isOver = (expiry: Expiry | null, now: number): boolean => expiry !== null && Date.parse(expiry) <= now

export const expiryAt = (ms: number): Expiry => new Date(ms).toISOString().replace(/Z$/, '000Z')
