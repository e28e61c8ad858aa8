import type { Assignment, EffectiveAssignment } from '../assignment.ts'
import type { Place } from '../store.ts'

/** What assignments mean once groups, trees and implied roles are followed. All of it is handed in. */
export interface Surroundings {
  /** Every project of the domains concerned. */
  readonly places: readonly Place[]
  readonly members: readonly { readonly groupId: string; readonly userId: string }[]
  readonly implied: readonly { readonly priorRoleId: string; readonly impliedRoleId: string }[]
}

/** Each assignment as those it comes to: one per member of a group, one per project below an inherited one, one per implied role. */
export const effectOf = (assignments: readonly Assignment[], around: Surroundings): readonly EffectiveAssignment[] => {
  const below = descendants(around.places)
  const membersOf = Map.groupBy(around.members, one => one.groupId)
  const impliedBy = Map.groupBy(around.implied, one => one.priorRoleId)
  return assignments
    .flatMap(one => spreadToMembers(one, membersOf))
    .flatMap(one => spreadDown(one, below))
    .flatMap(one => withImplied(one, impliedBy))
}

type Members = ReadonlyMap<string, readonly { readonly userId: string }[]>
type Implied = ReadonlyMap<string, readonly { readonly impliedRoleId: string }[]>

const spreadToMembers = (one: Assignment, membersOf: Members): readonly EffectiveAssignment[] =>
  one.actor.type === 'user'
    ? [one]
    : (membersOf.get(one.actor.id) ?? []).map(({ userId }) => ({ ...one, actor: { type: 'user', id: userId }, viaGroupId: one.actor.id }))

const spreadDown = (one: EffectiveAssignment, below: (id: string) => readonly string[]): readonly EffectiveAssignment[] =>
  one.inherited
    ? below(one.target.id).map(id => ({ ...one, inherited: false, target: { type: 'project', id }, viaTarget: one.target }))
    : [one]

function withImplied(one: EffectiveAssignment, impliedBy: Implied): readonly EffectiveAssignment[] {
  const all: EffectiveAssignment[] = [one]
  const seen = new Set([`${one.roleId} ${one.viaRoleId ?? ''}`])
  for (const prior of all)
    for (const { impliedRoleId } of impliedBy.get(prior.roleId) ?? []) {
      const key = `${impliedRoleId} ${prior.roleId}`
      if (seen.has(key)) continue
      seen.add(key)
      all.push({ ...one, roleId: impliedRoleId, viaRoleId: prior.roleId })
    }
  return all
}

/** The ids of all projects below a project or a domain, nearest first. */
export function descendants(places: readonly Place[]): (id: string) => readonly string[] {
  const byParent = Map.groupBy(places, place => place.parentId)
  const known = new Map<string, readonly string[]>()
  return id => {
    const found = known.get(id) ?? walkDown(id, byParent)
    known.set(id, found)
    return found
  }
}

function walkDown(id: string, byParent: ReadonlyMap<string, readonly Place[]>): readonly string[] {
  const found = new Set([id])
  for (const parent of found) for (const child of byParent.get(parent) ?? []) found.add(child.id)
  found.delete(id)
  return [...found]
}

/** The ids of the projects above one, nearest first. */
export function ancestors(id: string, places: readonly Place[]): readonly string[] {
  const byId = new Map(places.map(place => [place.id, place]))
  const above = new Set<string>()
  for (let at = byId.get(byId.get(id)?.parentId ?? ''); at && !above.has(at.id); at = byId.get(at.parentId)) above.add(at.id)
  return [...above]
}
