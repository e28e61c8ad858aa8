/** How each service spells a refusal, as a pattern: the word a value is of, or the words of an object. */
type Pattern = 'text' | 'the status' | { readonly [name: string]: Pattern }

/** By the daemon's name, as its document says it. A service may have several. `*` stands for one member of any name. */
const dialects: Readonly<Record<string, readonly Pattern[]>> = {
  keystone: [{ error: { code: 'the status', message: 'text', title: 'text' } }],
  'glance-api': [{ code: 'text', message: 'text', title: 'text' }],
  'nova-api': [{ '*': { code: 'the status', message: 'text' } }, { error: { code: 'the status', message: 'text', title: 'text' } }],
}

/** Whether a refusal is spelled as its service spells them; a service nobody described may say any JSON object. */
export function isInDialect(service: string, status: number, body: unknown): boolean {
  const patterns = dialects[service]
  return patterns ? patterns.some(pattern => fits(pattern, status, body)) : typeof body === 'object' && body !== null
}

function fits(pattern: Pattern, status: number, value: unknown): boolean {
  if (pattern === 'text') return typeof value === 'string' && value !== ''
  if (pattern === 'the status') return value === status
  if (typeof value !== 'object' || value === null) return false
  const names = Object.keys(value)
  const wanted = Object.entries(pattern)
  return (
    names.length === wanted.length &&
    wanted.every(([name, inner]) => fits(inner, status, (value as Record<string, unknown>)[name === '*' ? (names[0] ?? '') : name]))
  )
}
