const groups = ['23456789', 'ABCDEFGHJKLMNPQRSTUVWXYZ', 'abcdefghijkmnopqrstuvwxyz'] as const
const all = groups.join('')

/** A password without letters that look like others, with one of each kind when there is room. */
export function passwordOf(length: number, bytes: (count: number) => Uint8Array): string {
  const drawn = bytes(length * 3 + 1)
  const pick = (from: string, at: number) => from[(drawn[at] ?? 0) % from.length] ?? ''
  const letters = Array.from({ length }, (_, at) => pick(groups[at] ?? all, at))
  return letters
    .map((letter, at) => ({ letter, order: (drawn[length + at * 2] ?? 0) * 256 + (drawn[length + at * 2 + 1] ?? 0) }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ letter }) => letter)
    .join('')
}
