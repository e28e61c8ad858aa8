import { describe, expect, test } from 'vitest'
import { checkFloors } from './check-floors.ts'

const packages = {
  '@kilonova/platform': 'platform',
  '@kilonova/compute': 'services/compute',
  '@kilonova/image': 'services/image',
  '@kilonova/hypervisor': 'agents/hypervisor',
  '@kilonova/stories': 'stories',
}
const check = (path: string, text: string) => checkFloors({ [path]: text }, packages).join('\n')
const imports = (path: string, specifier: string) => check(path, `import { x } from '${specifier}'\n`)

describe('where a file may lie', () => {
  test.each([
    'services/compute/main.ts',
    'services/compute/routes.ts',
    'services/compute/contract/server-states.ts',
    'services/compute/clients/image.ts',
    'services/compute/migrations/0001-servers.ts',
    'services/compute/tables.ts',
    'services/compute/documents/user-data.ts',
    'services/compute/drivers/driver.ts',
    'services/compute/assets/boot-disk/kernel.ts',
    'services/compute/servers/server.ts',
    'services/compute/policies/policy.ts',
    'services/compute/addresses/address.ts',
    'services/compute/servers/api.ts',
    'services/compute/servers/api/actions/resize.ts',
    'services/compute/servers/tasks/boot.ts',
    'services/compute/servers/tasks/boot.test.ts',
    'services/compute/servers/drivers/hash.ts',
    'agents/hypervisor/guests/attach-volume.ts',
    'agents/hypervisor/drivers/libvirt/domain-xml.ts',
    'agents/hypervisor/drivers/contract.test.ts',
    'platform/sql/database.ts',
    'stories/kit/cloud.ts',
    'stories/boot-a-server.world.test.ts',
    'services/compute/kit.ts',
    'services/compute/servers/kit.ts',
    'agents/hypervisor/guests/kit.ts',
    'agents/hypervisor/drivers/contract.test-suite.ts',
    'vitest.config.ts',
  ])('%s has a place', path => {
    expect(check(path, '')).toBe('')
  })

  test.each([
    'services/compute/stuff.ts',
    'services/compute/servers/queries.ts',
    'services/loose.ts',
    'agents/hypervisor/loose.ts',
    'attic/old.ts',
  ])('%s is nowhere on the plan', path => {
    expect(check(path, '')).toContain('nowhere on the floor plan')
  })

  test('a word that says nothing is no name, for a file or a folder', () => {
    expect(check('platform/string-utils.ts', '')).toContain("'utils' says nothing")
    expect(check('platform/common/time.ts', '')).toContain("'common' says nothing")
    expect(check('platform/sql/base.ts', '')).toContain("'base' says nothing")
    expect(check('platform/sql/handle.ts', '')).toBe('')
    expect(check('platform/base-images.ts', '')).toBe('')
  })

  test('names are kebab-case', () => {
    expect(check('platform/aName.ts', '')).toContain('kebab-case')
  })

  test('JavaScript is not ours', () => {
    expect(check('platform/a.mjs', '')).toContain('all code is TypeScript')
  })

  test('a file of 401 lines is too long, one of 400 is not', () => {
    expect(check('platform/a.ts', '\n'.repeat(401))).toContain('401 lines')
    expect(check('platform/a.ts', '\n'.repeat(400))).toBe('')
  })
})

describe('the stairs', () => {
  test.each([
    ['services/compute/servers/api.ts', './logic.ts'],
    ['services/compute/servers/logic.ts', './store.ts'],
    ['services/compute/servers/logic.ts', '../clients/image.ts'],
    ['services/compute/servers/logic.ts', './tasks/boot.ts'],
    ['services/compute/servers/api/views.ts', './bodies.ts'],
    ['services/compute/servers/store.ts', '../tables.ts'],
    ['services/compute/routes.ts', './servers/api.ts'],
    ['services/compute/main.ts', './drivers/keys.ts'],
    ['agents/hypervisor/inbox.ts', './guests/start.ts'],
    ['agents/hypervisor/guests/start.ts', '../drivers/driver.ts'],
    ['agents/hypervisor/drivers/fake/open.ts', '../driver.ts'],
    ['services/compute/servers/logic.ts', '@kilonova/platform/refusal.ts'],
    ['services/compute/servers/store.ts', '@kilonova/platform/sql/database.ts'],
    ['services/compute/servers/logic.ts', 'ipaddr.js'],
  ])('%s may import %s', (path, specifier) => {
    expect(imports(path, specifier)).toBe('')
  })

  test.each([
    ['services/compute/servers/store.ts', './logic.ts', 'store may not import upstairs from logic'],
    ['services/compute/servers/server.ts', './store.ts', 'noun may not import upstairs from store'],
    ['services/compute/servers/tasks/boot.ts', '../logic.ts', 'tasks may not import upstairs from logic'],
    ['services/compute/servers/store.ts', '../clients/image.ts', 'neighbours on one floor'],
    ['services/compute/servers/api.ts', './inbox.ts', 'neighbours on one floor'],
    ['services/compute/servers/logic.ts', '../versions.ts', 'versions is entered only by'],
    ['services/compute/servers/logic.ts', '../drivers/keys.ts', 'driver is entered only by driver, main'],
    ['services/compute/drivers/keys.ts', './passwords.ts', 'know none of their kind'],
    ['services/compute/assets/kernel.ts', './boot-disk/make.ts', 'know none of their kind'],
    [
      'agents/hypervisor/drivers/fake/open.ts',
      '../libvirt/open.ts',
      'drivers and assets know none of their kind: fake may not import libvirt',
    ],
    ['agents/hypervisor/inbox.ts', './drivers/fake/open.ts', 'driver is entered only by'],
    ['services/compute/routes.ts', './servers/store.ts', 'routes may import only'],
    ['services/compute/contract/states.ts', '../tables.ts', 'contract may import only contract, noun, states'],
    [
      'services/compute/servers/logic.ts',
      '@kilonova/platform/sql/database.ts',
      'logic (what it means: rules and refusals) knows no platform/sql',
    ],
    ['services/compute/servers/server.ts', '@kilonova/platform/http/endpoint.ts', 'knows no platform/http'],
  ])('%s may not import %s', (path, specifier, message) => {
    expect(imports(path, specifier)).toContain(message)
  })
})

describe('the corridor and the street', () => {
  test.each([
    ['services/compute/servers/logic.ts', '../flavors/flavor.ts'],
    ['services/compute/servers/logic.ts', '../flavors/logic.ts'],
    ['services/compute/servers/store.ts', '../flavors/states.ts'],
    ['services/compute/servers/logic.ts', '@kilonova/image/contract/image.ts'],
    ['services/compute/clients/hypervisor.ts', '@kilonova/hypervisor/contract/messages.ts'],
    ['stories/kit/cloud.ts', '@kilonova/compute/main.ts'],
    ['stories/boot-a-server.world.test.ts', '@kilonova/hypervisor/kit.ts'],
    ['services/compute/servers/logic.test.ts', './store.ts'],
    ['services/compute/servers/logic.test.ts', '../kit.ts'],
    ['services/compute/kit.ts', './servers/logic.ts'],
    ['services/compute/servers/api.test.ts', '../main.ts'],
    ['services/compute/servers/api.test.ts', '@kilonova/stories/kit/cloud.ts'],
    ['services/compute/servers/logic.test.ts', '@kilonova/platform/sql/database.ts'],
  ])('%s may import %s', (path, specifier) => {
    expect(imports(path, specifier)).toBe('')
  })

  test.each([
    ['services/compute/servers/logic.ts', '../flavors/store.ts', 'across the corridor flavors/store is private; ask flavors/logic'],
    ['services/compute/servers/logic.ts', '@kilonova/image/images/logic.ts', 'across the street only contract/ is open, not logic'],
    ['services/compute/servers/logic.test.ts', '@kilonova/image/main.ts', 'across the street'],
    ['agents/hypervisor/inbox.ts', '@kilonova/compute/servers/server.ts', 'across the street'],
    ['stories/kit/cloud.ts', '@kilonova/compute/servers/logic.ts', 'stories/ may enter of services and agents: contract, main; not logic'],
    ['platform/sql/database.ts', '@kilonova/compute/contract/x.ts', 'platform/ may enter of services and agents: nothing'],
    ['platform/sql/database.ts', '@kilonova/stories/kit/cloud.ts', 'platform/ imports nothing of ours'],
    ['services/compute/main.ts', '@kilonova/stories/kit/cloud.ts', 'services and agents import platform/ and contracts'],
    ['services/compute/main.ts', '../../platform/clock.ts', 'imported by its name'],
    ['services/compute/main.ts', './servers/logic.test.ts', 'imported by tests alone'],
    ['services/compute/main.ts', './kit.ts', 'imported by tests alone'],
    ['services/compute/main.ts', './attic/old-things.ts', 'nowhere on the floor plan'],
  ])('%s may not import %s', (path, specifier, message) => {
    expect(imports(path, specifier)).toContain(message)
  })

  test.each([
    "import type { X } from './logic.ts'",
    "import {\n  type X,\n  y,\n} from './logic.ts'",
    "import * as x from './logic.ts'",
    "import './logic.ts'",
    "export * from './logic.ts'",
    "export type { X } from './logic.ts'",
    "const x = await import('./logic.ts')",
    "let x: import('./logic.ts').X",
    "const text = `${await import('./logic.ts')}`",
  ])('%j is an import', text => {
    expect(check('services/compute/servers/store.ts', text)).toContain('upstairs from logic')
  })

  test.each([
    "// import { x } from './logic.ts'",
    "/* import './logic.ts' */",
    'const x = "import \'./logic.ts\'"',
    "const x = /'/; const y = 'import'",
    "export const from = './logic.ts'",
    "const x = `it's ${a ? `'b'` : { c: 1 }} import './logic.ts'`",
  ])('%j is no import', text => {
    expect(check('services/compute/servers/store.ts', text)).toBe('')
  })
})

describe('what a file may do', () => {
  test.each([
    ['const now = Date.now()', 'Date.now — time is handed in'],
    ['const now = new Date()', 'new Date() — time is handed in'],
    ['const t = performance.now()', 'time is handed in'],
    ['setTimeout(f, 1)', 'setTimeout — time is handed in'],
    ['const later = setImmediate', 'time is handed in'],
    ['AbortSignal.timeout(5)', 'time is handed in'],
    ['Math.random()', 'chance is handed in'],
    ['crypto.randomUUID()', 'chance is handed in'],
    ['process.env', 'the process is the launcher’s'],
    ["globalThis['process']", 'nothing is global'],
    ["await fetch('x')", 'the network is handed in'],
    ["import { systemClock } from '@kilonova/platform/clock.ts'", 'only the launcher knows the real clock'],
    ["import { readFile } from 'node:fs/promises'", 'put the act into drivers/'],
    ["import type { Readable } from 'node:stream'", 'floor 4 knows no machine, not even its types'],
    ['const x = y as unknown as Z', 'a cast by way of unknown'],
    ['// @ts-expect-error: later', 'there is no exception list'],
    ['// biome-ignore lint/x: y', 'there is no exception list'],
  ])('logic may not write %j', (text, message) => {
    expect(check('services/compute/servers/logic.ts', text)).toContain(message)
  })

  test.each([
    'const at = new Date(clock.now())',
    'const at = clock.setTimeout(5)',
    '// Date.now() is for the platform',
    "const text = 'Math.random()'",
    'const text = `a ${b} Date.now()`',
    'const pattern = /setTimeout/',
    'store.fetch(id)',
    'const processed = 1',
    '// biome-ignore format: a table',
  ])('logic may write %j', text => {
    expect(check('services/compute/servers/logic.ts', text)).toBe('')
  })

  test('a hole in a template is code', () => {
    expect(check('services/compute/servers/logic.ts', 'const text = `a ${Date.now()} b`')).toContain('Date.now')
  })

  test('above the drivers, types of the machine are open to floors that are not pure', () => {
    expect(check('services/image/images/api.ts', "import type { Readable } from 'node:stream'")).toBe('')
    expect(check('services/image/images/api.ts', "import { Readable } from 'node:stream'")).toContain('only types of the machine')
  })

  test.each([
    'platform/clock.ts',
    'services/compute/drivers/keys.ts',
    'launcher/up.ts',
    'services/compute/servers/logic.test.ts',
    'bench/boot.ts',
  ])('%s may go outside', path => {
    expect(check(path, "import { readFileSync } from 'node:fs'\nconst now = Date.now()\nconst id = randomUUID()")).toBe('')
  })

  test('a complaint names the line', () => {
    expect(check('services/compute/servers/logic.ts', '/* one\ntwo */\n\nconst now = Date.now()')).toContain('logic.ts:4: ')
  })
})
