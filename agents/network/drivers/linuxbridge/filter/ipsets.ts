import type { SetWish } from '../../../documents/filter/sets.ts'

/** The sets there are, with their members, as `ipset save` lists them. */
export function readSets(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const sets = new Map<string, Set<string>>()
  for (const line of text.split('\n')) {
    const [word, name = '', member = ''] = line.split(' ')
    if (word === 'create') sets.set(name, new Set())
    if (word === 'add') sets.get(name)?.add(member)
  }
  return sets
}

/** What `ipset restore` is given: members come and go one by one, so that rules that use a set never see it half full. */
export function setLines(wishes: readonly SetWish[], there: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  return wishes.flatMap(({ name, family, members }) => {
    const has = there.get(name)
    const wanted = new Set(members)
    return [
      ...(has ? [] : [`create ${name} hash:net family ${family}`]),
      ...members.filter(member => !has?.has(member)).map(member => `add ${name} ${member}`),
      ...[...(has ?? [])].filter(member => !wanted.has(member)).map(member => `del ${name} ${member}`),
    ]
  })
}
