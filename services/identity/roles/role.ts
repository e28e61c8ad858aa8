/** What a user may be on a project, a domain or the system. */
export interface Role {
  readonly id: string
  readonly name: string
  /** The domain whose own role it is; `null` for a role of the whole cloud. */
  readonly domainId: string | null
  readonly description: string | null
  readonly options: RoleOptions
  /** Attributes that clients added freely. */
  readonly extra: Readonly<Record<string, unknown>>
}

export interface RoleOptions {
  /** Refuses changes and deletion until it is taken off. */
  readonly immutable?: boolean
}
