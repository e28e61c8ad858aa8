/** Where a service is served: one URL for one audience in one region. */
export interface Endpoint {
  readonly id: string
  readonly serviceId: string
  readonly interface: Audience
  readonly regionId: string | null
  /** A template: see `fillUrl`. */
  readonly url: string
  /** One that is off is in nobody's catalog. */
  readonly enabled: boolean
  /** Attributes that clients added freely. */
  readonly extra: Readonly<Record<string, unknown>>
}

export const audiences = ['admin', 'internal', 'public'] as const
export type Audience = (typeof audiences)[number]

/** What a URL may have filled in: `$(project_id)s` and `%(project_id)s` are one thing in two spellings, `%%` is a percent sign. */
export const fillable = [
  'tenant_id',
  'project_id',
  'user_id',
  'public_bind_host',
  'admin_bind_host',
  'compute_host',
  'admin_port',
  'public_port',
  'public_endpoint',
] as const
export type Fillable = (typeof fillable)[number]
export type Filling = Readonly<Partial<Record<Fillable, string>>>

/** A URL taken apart: fixed text, and the names of what goes in between. */
export type UrlParts = readonly (string | { readonly name: Fillable })[]

/** Nothing when the template is malformed: a name that is not `fillable`, or a percent sign that means nothing. */
export function partsOf(url: string): UrlParts | undefined {
  const parts: (string | { name: Fillable })[] = []
  const template = url.replaceAll('$(', '%(')
  const marks = /%(?:%|\(([^)]*)\)s)/g
  let from = 0
  const keep = (fixed: string) => {
    if (fixed !== '') parts.push(fixed)
    return !fixed.includes('%')
  }
  for (const mark of template.matchAll(marks)) {
    if (!keep(template.slice(from, mark.index))) return undefined
    from = mark.index + mark[0].length
    const name = mark[1]
    if (name === undefined) parts.push('%')
    else if (isFillable(name)) parts.push({ name })
    else return undefined
  }
  return keep(template.slice(from)) ? parts : undefined
}

const isFillable = (name: string): name is Fillable => fillable.some(one => one === name)

/** Nothing when something that goes in is not known: a project's URL for a caller without a project. */
export function fillUrl(parts: UrlParts, filling: Filling): string | undefined {
  let url = ''
  for (const part of parts) {
    const text = typeof part === 'string' ? part : filling[part.name]
    if (text === undefined) return undefined
    url += text
  }
  return url
}
