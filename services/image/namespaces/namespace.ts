/** A catalog of what metadata may say: properties, objects made of them, and tags, for some kinds of resources. */
export interface Namespace {
  readonly name: string
  readonly displayName: string | null
  readonly description: string | null
  readonly visibility: 'public' | 'private'
  readonly isProtected: boolean
  readonly owner: string
  readonly createdAt: string
  readonly updatedAt: string
}

/** What a namespace holds many of, by name. */
export type ItemKind = 'property' | 'object' | 'tag'

export interface Item {
  readonly namespace: string
  readonly name: string
  /** All that was said of it, besides its name. */
  readonly content: Readonly<Record<string, unknown>>
  readonly createdAt: string
  readonly updatedAt: string
}

/** That a namespace is for a kind of resource. */
export interface Association {
  readonly namespace: string
  readonly name: string
  /** Stands before the names of properties on such a resource. */
  readonly prefix: string | null
  readonly propertiesTarget: string | null
  readonly createdAt: string
  readonly updatedAt: string
}

/** A namespace and all that is in it. */
export interface WholeNamespace {
  readonly namespace: Namespace
  readonly associations: readonly Association[]
  readonly properties: readonly Item[]
  readonly objects: readonly Item[]
  readonly tags: readonly Item[]
}

/** The kinds of resources that OpenStack's own services have. */
export const usualResourceTypes = [
  'OS::Cinder::Volume',
  'OS::Glance::Image',
  'OS::Nova::Aggregate',
  'OS::Nova::Flavor',
  'OS::Nova::Server',
  'OS::Trove::Instance',
] as const

export interface NamespacePage {
  /** Nothing for an administrator, who sees all. */
  readonly projectId: string | undefined
  readonly isAdmin: boolean
  readonly visibility: string | undefined
  readonly resourceTypes: readonly string[] | undefined
  readonly way: 'asc' | 'desc'
  readonly after: Namespace | undefined
  readonly limit: number
}
