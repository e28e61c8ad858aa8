/** A whole month that is over, which is what Nova audits unless told otherwise. */
export interface AuditPeriod {
  readonly begins: string
  readonly ends: string
}

/** The last month that ended before a moment. */
export function periodBefore(atMs: number): AuditPeriod {
  const at = new Date(atMs)
  const month = (back: number) => new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - back, 1))
  const text = (when: Date) =>
    when
      .toISOString()
      .replace('T', ' ')
      .replace(/\.\d+Z$/, '')
  return { begins: text(month(1)), ends: text(month(0)) }
}

/** `2012-07-05 10:00:00`, with or without a fraction; nothing when it is no moment. */
export function momentOf(text: string): number | undefined {
  if (!/^\d{4}-\d\d?-\d\d? \d\d?:\d\d?:\d\d?(\.\d{1,6})?$/.test(text)) return undefined
  const moment = Date.parse(`${text.replace(' ', 'T')}Z`)
  return Number.isNaN(moment) ? undefined : moment
}
