import { describe, expect, test } from 'vitest'
import { fillUrl, partsOf } from './endpoint.ts'

const filled = (url: string, filling = { project_id: 'p', tenant_id: 'p', user_id: 'u' }) => {
  const parts = partsOf(url)
  return parts && fillUrl(parts, filling)
}

describe('a URL', () => {
  test.each([
    ['http://x:8774/v2.1', 'http://x:8774/v2.1'],
    ['http://x/$(tenant_id)s', 'http://x/p'],
    ['http://x/%(tenant_id)s', 'http://x/p'],
    ['http://x/AUTH_%(project_id)s/end', 'http://x/AUTH_p/end'],
    ['http://x/$(project_id)s/$(user_id)s', 'http://x/p/u'],
    ['http://x/100%%', 'http://x/100%'],
    ['http://x/%%(project_id)s', 'http://x/%(project_id)s'],
    ['http://x/$HOME', 'http://x/$HOME'],
  ])('%s becomes %s', (url, expected) => {
    expect(filled(url)).toBe(expected)
  })

  test.each([
    'http://x/$(nonsense)s',
    'http://x/%(project_id)',
    'http://x/$(project_id)',
    'http://x/%(project_id)d',
    'http://x/%(project_id',
    'http://x/%s',
    'http://x/100%',
    'http://x/%20',
    'http://x/%()s',
    String.raw`http://x/%\(project_id\)s`,
  ])('%s is malformed', url => {
    expect(partsOf(url)).toBeUndefined()
  })

  test('that needs a project is nothing to a caller without one', () => {
    expect(fillUrl(partsOf('http://x/$(project_id)s') ?? [], { user_id: 'u' })).toBeUndefined()
  })
})
