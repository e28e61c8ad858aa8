/** A role that a user or a group holds on a project, on a domain or on the system. */
export interface Assignment {
  readonly actor: Actor
  readonly target: Target
  readonly roleId: string
  /** Holds for the projects below the target, not for the target itself. */
  readonly inherited: boolean
}

export interface Actor {
  readonly type: 'user' | 'group'
  readonly id: string
}

/** The system's id is 'system'. */
export interface Target {
  readonly type: 'project' | 'domain' | 'system'
  readonly id: string
}

/** An assignment as it takes effect, and by what way. */
export interface EffectiveAssignment extends Assignment {
  /** The group whose member the user is. */
  readonly viaGroupId?: string
  /** The project or domain above, from which it is inherited. */
  readonly viaTarget?: Target
  /** The role that implies this one. */
  readonly viaRoleId?: string
}

/** A user, a group, a project, a domain or a role, as a list with names shows it. */
export interface NamedThing {
  readonly id: string
  readonly name: string
  /** Nothing for a domain and for a role of the whole cloud. */
  readonly domain: { readonly id: string; readonly name: string } | undefined
}

export const system: Target = { type: 'system', id: 'system' }
