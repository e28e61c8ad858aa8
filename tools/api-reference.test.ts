import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Declared } from '@kilonova/platform/http/declared.ts'
import { declarations, open } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { about, dictionary, integer, list, nullable, object, oneOf, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { ladder } from '@kilonova/platform/ladder.ts'
import { afterEach, describe, expect, test } from 'vitest'
import { stalePages } from './api-reference.ts'
import { typeText } from './reference/fields.ts'
import { referencePage } from './reference/page.ts'
import { policyPage } from './reference/policy-page.ts'

const versions = ladder({ '2.1': 'the first', '2.5': 'colours', '2.9': 'no sizes' })
const { endpoint, body, query, view, listView, since, until } = declarations(versions, (root, items) => ({ [root]: items }))
const shown = shows<{ id: string }>()
const thing = view('thing', {
  id: shown(text(), one => one.id),
  colour: since(
    '2.5',
    shown(text(), () => 'red'),
  ),
})
const declared: Declared = {
  versions,
  policies: { admin: { rule: 'role:admin', about: 'x' }, owner: { rule: 'project_id:%(project_id)s', about: 'x' } },
  spell: () => ({ body: '' }),
  endpoints: [
    endpoint('GET /', { summary: 'Look', policy: open('first look'), status: 200, run: () => {} }),
    endpoint('GET /things', {
      summary: 'List the things',
      policy: 'owner',
      query: query({ limit: optional(integer({ min: 0 })) }),
      status: 200,
      view: listView('things', thing),
      run: () => ({ items: [] }),
    }),
    endpoint('POST /things', {
      summary: 'Make a thing',
      policy: 'admin',
      body: body('thing', {
        name: required(about('what it is called', text({ max: 5 }))),
        colour: since('2.5', optional(oneOf('red', 'green|blue'))),
        size: until('2.5', optional(integer())),
      }),
      status: [200, since('2.9', 202)],
      view: thing,
      run: () => ({ id: 'a' }),
    }),
  ],
}

describe('a page of the reference', () => {
  const page = referencePage('thing', declared)

  test('says each version with its reason', () => {
    expect(page).toContain('| 2.5 | colours |')
  })

  test('says an endpoint’s rule, statuses and what is open', () => {
    expect(page).toContain('### POST /things\n\nMake a thing.\n\n- Rule `admin`: `role:admin`\n- Answers 200, 202 (since 2.9)')
    expect(page).toContain('- Open: first look')
  })

  test('says a body’s fields with types and the versions that have them', () => {
    expect(page).toContain(
      [
        '| Body, below `thing` | Type | Needed | Versions |',
        '| --- | --- | --- | --- |',
        '| `name` | text, at most 5 long: what it is called | yes |  |',
        '| `size` | integer |  | until 2.5 |',
        '| `colour` | `"red"`, `"green\\|blue"` |  | since 2.5 |',
      ].join('\n'),
    )
  })

  test('says what each thing of a list shows', () => {
    expect(page).toContain(
      '| Answer, each of `things` | Type | Versions |\n| --- | --- | --- |\n| `id` | text |  |\n| `colour` | text | since 2.5 |',
    )
  })
})

test('the table of rules says how far each caller gets', () => {
  const page = policyPage('thing', declared)
  expect(page).toContain('| `GET /` | open | yes | yes | yes | yes | yes | yes | yes |')
  expect(page).toContain('| `GET /things` | `owner` | – | own | own | own | – | – | – |')
  expect(page).toContain('| `POST /things` | `admin` | – | – | – | yes | yes | – | yes |')
})

test.each([
  [nullable(text()), 'text or null'],
  [list(integer({ max: 3 }), { max: 2 }), 'list of integer, ≤ 3, at most 2'],
  [dictionary(text()), 'names to text'],
  [object({ id: text() }, { extra: 'keep' }), '{id, …}'],
  [{ schema: {} }, 'anything'],
])('a shape is said in a few words', (shape, words) => {
  expect(typeText(shape.schema)).toBe(words)
})

describe('pages on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pages-'))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  test('are stale when they are missing, differ, or belong to nothing', () => {
    for (const [name, text] of Object.entries({ 'same.md': 'a', 'differs.md': 'old', 'left.md': 'x' }))
      writeFileSync(join(folder, name), text)
    expect(stalePages(folder, { 'same.md': 'a', 'differs.md': 'new', 'missing.md': 'b' })).toEqual(['differs.md', 'left.md', 'missing.md'])
  })
})
