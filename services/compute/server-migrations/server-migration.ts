/** A server on its way from a flavor, or a host, to another. */
export interface ServerMigration {
  /** The API's id. */
  readonly number: number
  /** Under it placement holds what the server had before. */
  readonly id: string
  readonly serverId: string
  readonly kind: 'resize' | 'migration' | 'live-migration' | 'evacuation'
  readonly status: MigrationStatus
  readonly sourceHost: string | null
  readonly sourceNode: string | null
  readonly destHost: string | null
  readonly destNode: string | null
  readonly destAddress: string | null
  readonly oldFlavorId: string | null
  readonly newFlavorId: string | null
  /** By which Nova's own tables call these flavors; what was noted before flavors had numbers lacks them. */
  readonly flavorNumbers?: { readonly old: number | null; readonly new: number | null } | undefined
  readonly userId: string | null
  readonly projectId: string | null
  readonly createdAt: string
  readonly updatedAt: string | null
}

// biome-ignore format: words
export type MigrationStatus =
  | 'pre-migrating' | 'migrating' | 'post-migrating' | 'finished' | 'confirming' | 'confirmed' | 'reverting' | 'reverted'
  | 'error' | 'failed' | 'accepted' | 'queued' | 'preparing' | 'running' | 'completed' | 'cancelled' | 'done'
