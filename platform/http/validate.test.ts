import { expect, test } from 'vitest'
import { decimal, dictionary, either, flag, integer, list, nullable, object, oneOf, type Shape, text, time, uuid } from './shape.ts'
import { validator } from './validate.ts'

const complaint = (shape: Shape<unknown>, value: unknown, where: 'body' | 'query' = 'body') =>
  validator(() => shape.schema, where)(value)?.message

const about = (shape: Shape<unknown>, value: unknown) => complaint(object({ it: shape }), { it: value })

test.each<[string, Shape<unknown>, unknown, string]>([
  ['a wrong type', text(), 5, "Invalid input for field/attribute it. Value: 5. 5 is not of type 'string'"],
  ['one of two types', nullable(text()), 5, "Invalid input for field/attribute it. Value: 5. 5 is not of type 'string', 'null'"],
  ['a short text', text({ min: 1 }), '', "Invalid input for field/attribute it. Value: . '' is too short"],
  ['a long text', text({ max: 2 }), 'abc', "Invalid input for field/attribute it. Value: abc. 'abc' is too long"],
  ['a pattern', text({ pattern: '^a' }), 'b', "Invalid input for field/attribute it. Value: b. 'b' does not match '^a'"],
  ['a format', uuid, 'x', "Invalid input for field/attribute it. Value: x. 'x' is not a 'uuid'"],
  ['a small number', integer({ min: 3 }), 2, 'Invalid input for field/attribute it. Value: 2. 2 is less than the minimum of 3'],
  ['a large number', integer({ max: 3 }), 4, 'Invalid input for field/attribute it. Value: 4. 4 is greater than the maximum of 3'],
  ['a word', oneOf('a', 'b'), 'c', `Invalid input for field/attribute it. Value: c. 'c' is not one of ['a', 'b']`],
  [
    'twice the same',
    list(text(), { unique: true }),
    ['a', 'a'],
    `Invalid input for field/attribute it. Value: ['a', 'a']. ['a', 'a'] has non-unique elements`,
  ],
  ['an empty list', list(text(), { min: 1 }), [], 'Invalid input for field/attribute it. Value: []. [] is too short'],
  [
    'what comes near to one of several shapes',
    either(oneOf('none', 'auto'), list(object({ uuid }))),
    [{ uuid: 'x' }],
    "Invalid input for field/attribute uuid. Value: x. 'x' is not a 'uuid'",
  ],
])('%s is named with its field, its value and what is allowed', (_, shape, value, message) => {
  expect(about(shape, value)).toBe(message)
})

test('a missing and an unknown field are named', () => {
  expect(complaint(object({ name: text() }), {})).toBe("'name' is a required property")
  expect(complaint(object({}), { x: 1 })).toBe("Additional properties are not allowed ('x' was unexpected)")
})

test('a query parameter is called one', () => {
  expect(complaint(object({ limit: integer() }), { limit: 'x' }, 'query')).toBe(
    "Invalid input for query parameters limit. Value: x. 'x' is not of type 'integer'",
  )
})

test('a parameter that is sent several times is called by its name, and one that is unknown needs none', () => {
  const several = object({ sort_dir: list(oneOf('asc', 'desc')) })
  expect(complaint(several, { sort_dir: ['asc', 'up'] }, 'query')).toBe(
    "Invalid input for query parameters sort_dir. Value: up. 'up' is not one of ['asc', 'desc']",
  )
  expect(complaint(several, { sort_dir: [], colour: 'red' }, 'query')).toBe(
    "Additional properties are not allowed ('colour' was unexpected)",
  )
})

test('values are written as people and scripts know them from OpenStack', () => {
  const value = { name: null, is_on: true, tags: ["it's", 'b'], size: 1.5 }
  expect(about(text(), value)).toBe(
    `Invalid input for field/attribute it. Value: {'name': None, 'is_on': True, 'tags': ["it's", 'b'], 'size': 1.5}. ` +
      `{'name': None, 'is_on': True, 'tags': ["it's", 'b'], 'size': 1.5} is not of type 'string'`,
  )
})

test('a megabyte is not echoed', () => {
  expect(about(integer(), 'x'.repeat(1e6))?.length).toBeLessThan(1000)
  expect(complaint(object({}), { ['x'.repeat(1e6)]: 1 })?.length).toBeLessThan(1000)
})

test('a field whose name holds a slash is named as it is', () => {
  expect(complaint(dictionary(text()), { 'a/b~c': 1 })).toContain('field/attribute a/b~c.')
})

test.each<[Shape<unknown>, unknown, boolean]>([
  [either(text(), integer()), true, false],
  [either(text(), integer()), 5, true],
  [integer(), Number.POSITIVE_INFINITY, false],
  [integer(), 1.5, false],
  [integer(), 2.0, true],
  [decimal({ min: 0.5 }), 0.25, false],
  [time, '2016-08-04 07:29', false],
  [flag, 'true', false],
  [text({ format: 'uuid' }), '5C2423963c7b4bc6bec13df8eb57d53d', true],
  [text({ format: 'uri' }), 'http://a', true],
  [text({ format: 'uri' }), 'a b', false],
  [text({ format: 'email' }), 'a@b', true],
  [text({ format: 'email' }), 'a b@c', false],
  [text({ format: 'ipv4' }), '1.2.3.256', false],
  [text({ format: 'ipv6' }), '::1', true],
  [text({ format: 'cidr' }), '10.0.0.0/33', false],
  [text({ format: 'cidr' }), '::/64', true],
  [text({ format: 'mac-address' }), 'fa:16:3e:00:00:01', true],
  [text({ format: 'date-time' }), '2016-08-04T07:29:26.000000', true],
  [text({ format: 'date-time' }), '2016-13-04T07:29:26Z', false],
])('%j admits %j: %s', (shape, value, admits) => {
  expect(about(shape, value) === undefined).toBe(admits)
})
