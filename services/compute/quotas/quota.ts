/** What is limited, under Nova's names, in the order in which it is shown. */
export const resources = [
  ...([
    'cores',
    'fixed_ips',
    'floating_ips',
    'injected_file_content_bytes',
    'injected_file_path_bytes',
    'injected_files',
    'instances',
  ] as const),
  ...(['key_pairs', 'metadata_items', 'ram', 'security_group_rules', 'security_groups', 'server_group_members', 'server_groups'] as const),
] as const
export type Resource = (typeof resources)[number]

export type Limits = Readonly<Record<Resource, number>>
export type SaidLimits = Readonly<Partial<Record<Resource, number>>>

/** Any number. */
export const unlimited = -1

export const isOver = (limit: number, wanted: number): boolean => limit >= 0 && wanted > limit

/** What servers a project, or a user in it, has. */
export interface Taken {
  readonly instances: number
  readonly cores: number
  readonly ram: number
}

/** How much is had of what is limited. */
export interface Usage {
  readonly limit: number
  readonly inUse: number
}

/** What an operator said: of a project, of one user in it, or of a class. */
export interface SaidLimit {
  readonly scope: 'project' | 'class'
  /** The project's id, or the class's name. */
  readonly owner: string
  /** '' unless it is of one user. */
  readonly userId: string
  readonly resource: Resource
  readonly limit: number
}

export const isResource = (name: string): name is Resource => (resources as readonly string[]).includes(name)

/** The class that holds for everybody of whom nothing else is said. */
export const usualClass = 'default'
