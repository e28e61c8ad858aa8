import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { seededChance } from '../chance.ts'
import { systemClock } from '../clock.ts'
import { declarations, open } from '../http/endpoint.ts'
import { ladder } from '../ladder.ts'
import { silentLog } from '../log/log.ts'
import { admit, type Extended } from './admit.ts'
import type { Records } from './extension.ts'
import { findPlugins } from './find.ts'

const dirs: string[] = []
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true })
})

/** A directory of plug-ins: of each its manifest and the text of its module. */
function plugins(wanted: Readonly<Record<string, { manifest?: unknown; module?: string }>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'kilonova-plugins-'))
  dirs.push(dir)
  for (const [name, { manifest = { extends: 'sample', main: 'main.js' }, module }] of Object.entries(wanted)) {
    mkdirSync(join(dir, name))
    if (manifest !== null)
      writeFileSync(
        join(dir, name, 'package.json'),
        typeof manifest === 'string' ? manifest : JSON.stringify({ type: 'module', kilonova: manifest }),
      )
    if (module !== undefined) writeFileSync(join(dir, name, 'main.js'), module)
  }
  return dir
}

const versions = ladder({ '1': 'the first version' })
const declaring = declarations(versions, (root, items) => ({ [root]: items }))
const service: Extended = {
  declaring: declaring as unknown as Extended['declaring'],
  versions,
  root: '/v1/',
  endpoints: [
    declaring.endpoint('GET /v1/things/{thing_id}', { summary: 'a thing', policy: open('a test'), status: 200, run: () => undefined }),
  ],
  policies: { 'things:show': { rule: '', about: 'GET /things' } },
  clock: systemClock,
  roomsOf: () => ({ records: {} as Records, clock: systemClock, chance: seededChance(1), log: silentLog }),
}

const says = (endpoints: string, policies = `{ 'odd:do': { rule: 'role:member', about: 'a test' } }`) => ({
  module: `export const extension = ({ endpoint, open }) => ({
    alias: 'odd', name: 'Odd', description: 'Odd things.', updated: '2026-01-31T00:00:00Z',
    endpoints: [${endpoints}], policies: ${policies} })`,
})
const route = (path: string, rule = `'odd:do'`) =>
  `endpoint(${JSON.stringify(path)}, { summary: 'odd', policy: ${rule}, status: 200, run: () => undefined })`

const outcomeOf = async (one: { manifest?: unknown; module?: string }) => {
  const { plugins: found, refused } = findPlugins(plugins({ odd: one }))
  const outcome = await admit(found, service)
  return [...refused, ...outcome.refused].map(({ why }) => why).join() || outcome.admitted.map(({ extension }) => extension.alias).join()
}

test('a plug-in adds its routes and its rules', async () => {
  expect(await outcomeOf(says(route('GET /v1/odd')))).toBe('odd')
})

test('a folder that is no plug-in is named with what is missing', async () => {
  expect(await outcomeOf({ manifest: null })).toBe('it has no package.json')
  expect(await outcomeOf({ manifest: '{' })).toContain('its package.json cannot be read: ')
  expect(await outcomeOf({ manifest: {} })).toBe('its package.json has no "kilonova": { "extends": "<service type>", "main": "<file>" }')
  expect(await outcomeOf({})).toMatch(/^its main file, .+main\.js, is not there$/)
  expect(await outcomeOf({ manifest: { extends: 'sample', main: '../../elsewhere.js' } })).toContain('lies outside of its folder')
})

test('a module that anybody may write is not run', () => {
  const dir = plugins({ odd: { module: 'throw new Error("it ran")' } })
  chmodSync(join(dir, 'odd', 'main.js'), 0o666)
  expect(findPlugins(dir)).toEqual({
    plugins: [],
    refused: [{ name: 'odd', why: `anybody may write ${dir}/odd/main.js: chmod o-w ${dir}/odd/main.js` }],
  })
})

test('whatever a module does wrong, it alone is left out', async () => {
  expect(await outcomeOf({ module: 'throw new TypeError("at once")' })).toBe('it throws TypeError: at once')
  expect(await outcomeOf({ module: 'export const extension = () => { throw new Error("when asked") }' })).toBe(
    'it throws Error: when asked',
  )
  expect(await outcomeOf({ module: 'export const extention = 1' })).toContain('exports no function called extension')
  expect(await outcomeOf({ module: 'export const extension = () => 1' })).toBe('its function returns no extension')
  expect(await outcomeOf({ module: 'export const extension = () => ({ alias: "odd" })' })).toBe('its extension has no name')
  expect(await outcomeOf(says('{ method: "GET" }'))).toBe('its endpoints are not what endpoint(...) makes')
})

test('a route that is there, lies elsewhere or names no rule is refused', async () => {
  expect(await outcomeOf(says(route('GET /v1/things/{id}')))).toBe('GET /v1/things/{id} is there already, as /v1/things/{thing_id}')
  expect(await outcomeOf(says(`${route('GET /v1/odd')}, ${route('GET /v1/odd')}`))).toBe('GET /v1/odd is there already')
  expect(await outcomeOf(says(route('GET /odd')))).toBe('GET /odd does not begin with /v1/')
  expect(await outcomeOf(says(route('GET /v1/odd', `'odd:go'`)))).toBe('GET /v1/odd names the rule odd:go, which is nowhere')
  expect(await outcomeOf(says(route('GET /v1/odd'), `{ 'things:show': { rule: '', about: 'mine' } }`))).toBe(
    'the rule things:show is there already',
  )
  expect(await outcomeOf(says(route('GET /v1/odd'), `{ 'odd:do': { rule: 'rule:nowhere', about: 'a test' } }`))).toMatch(
    /^it throws .*nowhere/,
  )
})

test('of two plug-ins that want the same the first has it', async () => {
  const { plugins: found } = findPlugins(plugins({ first: says(route('GET /v1/odd')), second: says(route('GET /v1/odd')) }))
  const { admitted, refused } = await admit(found, service)
  expect(admitted.map(({ name }) => name)).toEqual(['first'])
  expect(refused).toEqual([{ name: 'second', why: 'the rule odd:do is there already' }])
})
