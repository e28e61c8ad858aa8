/** Who owns what: projects hold the cloud's resources, and stand in trees below a domain. A domain is itself a project that acts as one. */
export interface Project {
  readonly id: string
  readonly name: string
  /** Nothing for a domain. */
  readonly domainId: string | null
  /** The project or the domain above; nothing for a domain. */
  readonly parentId: string | null
  readonly isDomain: boolean
  readonly enabled: boolean
  readonly description: string
  readonly tags: readonly string[]
  readonly options: ProjectOptions
  /** Attributes that clients added freely. */
  readonly extra: Readonly<Record<string, unknown>>
}

export interface ProjectOptions {
  /** Neither changed nor deleted until the option is taken back. */
  readonly immutable?: boolean
}

/** Projects by tags: with all of `all`, any of `any`; without those that have all of `notAll`, any of `notAny`. */
export interface TagFilter {
  readonly all?: readonly string[] | undefined
  readonly any?: readonly string[] | undefined
  readonly notAll?: readonly string[] | undefined
  readonly notAny?: readonly string[] | undefined
}

/** `{b: {a: null}}`: each project's id with those next to it, up or down the tree. */
export type IdTree = { readonly [id: string]: IdTree } | null

export function idsAbove(project: Project, above: readonly Project[]): IdTree {
  if (project.parentId === null) return null
  const parent = above.find(one => one.id === project.parentId)
  return parent ? { [parent.id]: idsAbove(parent, above) } : null
}

export function idsBelow(id: string, below: readonly Project[]): IdTree {
  const byParent = Map.groupBy(below, one => one.parentId)
  const tree = (parentId: string): IdTree => {
    const children = byParent.get(parentId)
    return children ? Object.fromEntries(children.map(child => [child.id, tree(child.id)])) : null
  }
  return tree(id)
}

const reserved = new Set(":/?#[]@!$&'()*+,;=")

/** The characters of a name that would have to be escaped in a URL. */
export const urlUnsafe = (name: string): string => [...name].filter(character => reserved.has(character)).join('')
