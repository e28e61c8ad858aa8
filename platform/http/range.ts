/** The bytes of one range, both ends included. */
export interface Range {
  readonly start: number
  readonly end: number
}

/**
 * `Range: bytes=…` of a thing of `size` bytes. Nothing when there is no range or it is not understood, which means: send all of it.
 * NOTE: several ranges at once are answered with the whole thing, as RFC 9110 allows.
 */
export function rangeOf(header: string | undefined, size: number): Range | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=\s*(\d*)-(\d*)\s*$/i.exec(header?.trim() ?? '') ?? []
  if (first === '' && last === '') return undefined
  if (first === '') {
    const count = Number(last)
    return count === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - count), end: size - 1 }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}

/** What `Content-Range` says: `bytes 0-99/1000`; of a range that cannot be served only the size, behind an asterisk. */
export const contentRange = (range: Range | 'unsatisfiable', size: number) =>
  range === 'unsatisfiable' ? `bytes */${size}` : `bytes ${range.start}-${range.end}/${size}`

/** Whether `If-None-Match` or `If-Match` names the tag; `*` names any. Weak tags match their strong twins. */
export const namesTag = (header: string | undefined, tag: string): boolean => {
  const plain = (one: string) => one.trim().replace(/^W\//, '').replace(/^"|"$/g, '')
  return header?.split(',').some(one => one.trim() === '*' || plain(one) === plain(tag)) ?? false
}
