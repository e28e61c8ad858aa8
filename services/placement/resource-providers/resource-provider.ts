/** Whoever has something to give: a host, a part of one, a shared pool of disks. Providers form trees. */
export interface ResourceProvider {
  readonly uuid: string
  /** Unique. */
  readonly name: string
  /** Rises with every change of what the provider has and is; a writer names the one it has seen. */
  readonly generation: number
  readonly parentUuid: string | null
  /** The top of its tree; itself where it stands alone. */
  readonly rootUuid: string
  readonly createdAt: number
  readonly changedAt: number
}

export const notFoundText = (uuid: string) => `No resource provider with uuid ${uuid} found`

/** The codes by which clients tell conflicts apart. */
export const codes = {
  concurrentUpdate: 'placement.concurrent_update',
  duplicateName: 'placement.duplicate_name',
  inUse: 'placement.resource_provider.inuse',
  cannotDeleteParent: 'placement.resource_provider.cannot_delete_parent',
  notFound: 'placement.resource_provider.not_found',
} as const

/** A UUID as it is kept: lower case, with dashes. */
export function canonicalUuid(text: string): string {
  const digits = text.replaceAll('-', '').toLowerCase()
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

export const isUuid = (text: string): boolean => /^[0-9a-f]{32}$/i.test(text.replaceAll('-', ''))
