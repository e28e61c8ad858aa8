import type { Globals } from '../globals.ts'
import { deedOf, verbs } from '../manage.ts'
import { sync } from './database.ts'

export async function manage(globals: Globals, tool: string, words: readonly string[]): Promise<number> {
  const { print, say } = globals
  const known = verbs[tool]
  if (known === undefined) {
    say(`There is no ${tool} here; there are ${Object.keys(verbs).join(', ')}.`)
    return 1
  }
  const found = deedOf(tool, words)
  if (found === undefined) {
    say(`${tool} ${words.join(' ')}: no verb that Kilonova knows. It knows: ${Object.keys(known).join(', ')}.`)
    return 1
  }
  const { deed, verb } = found
  if (deed.does === 'sync') return await sync(globals, deed.service)
  if (deed.does === 'keystone') {
    const { keystoneDeeds } = await import('../keystone-manage.ts')
    return await keystoneDeeds[deed.deed](globals, words)
  }
  if (deed.does === 'glance') {
    const { glanceDeeds } = await import('../glance-manage.ts')
    return await glanceDeeds[deed.deed](globals, words)
  }
  if (deed.does === 'nova') {
    const { novaDeeds } = await import('../nova-manage.ts')
    if (deed.now !== undefined) print(`${tool} ${verb} is called ${deed.now} now.`)
    return await novaDeeds[deed.deed](globals, words)
  }
  if (deed.does === 'missing') {
    say(`${tool} ${verb}: not built in this version (${deed.why}).`)
    return 1
  }
  print(`${tool} ${verb}: nothing to do, ${deed.why}.`)
  return 0
}
