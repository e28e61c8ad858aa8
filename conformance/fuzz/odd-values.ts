import type { Chance } from '@kilonova/platform/chance.ts'

/** Values that have broken other people's services: each is legal somewhere and unexpected nearly everywhere. */
export const pick = <T>(chance: Pick<Chance, 'fraction'>, from: readonly T[]): T => from[Math.floor(chance.fraction() * from.length)] as T

export const happens = (chance: Pick<Chance, 'fraction'>, share: number) => chance.fraction() < share

const nested = (depth: number): unknown => {
  let value: unknown = 'deep'
  for (let at = 0; at < depth; at++) value = at % 2 === 0 ? [value] : { a: value }
  return value
}

export const oddTexts: readonly string[] = [
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  'x\udfff',
  '\u202egnirts',
  '👩‍👩‍👧‍👦',
  'e\u0301',
  'İstanbul ß ſ',
  '\ufeff',
  '\n\r\t\v',
  "' or 1=1 -- ",
  '"; drop table x; --',
  '%',
  '_%\\',
  '$\u007b7*7}{{7*7}}%s%n',
  '../../x',
  '__proto__',
  'constructor',
  'null',
  'NaN',
  '-1',
  '00000000-0000-0000-0000-000000000000',
  '0'.repeat(32),
  'x'.repeat(64),
  'x'.repeat(256),
  'é'.repeat(255),
  '😀'.repeat(64),
  '9'.repeat(400),
  'x'.repeat(20_000),
  '2999-13-45T99:99:99Z',
  '9999-12-31T23:59:59.999999Z',
  'http://[::1',
  'a,b',
  'a/b',
  'a?b#c',
]

const oddNumbers: readonly number[] = [0, -0, -1, 1, 0.5, 1e-9, 2 ** 31, 2 ** 31 - 1, -(2 ** 31) - 1, 2 ** 53, 2 ** 63, 1e21, 1e308, -1e308]

/** Any JSON value, more often a wrong one than not. */
export function oddValue(chance: Pick<Chance, 'fraction'>): unknown {
  const roll = chance.fraction()
  if (roll < 0.45) return pick(chance, oddTexts)
  if (roll < 0.65) return pick(chance, oddNumbers)
  if (roll < 0.75) return pick(chance, [true, false, null])
  if (roll < 0.85) return pick(chance, [[], {}, [[]], [null], { '': '' }, Array.from({ length: 300 }, (_, at) => at), { id: 'x' }])
  if (roll < 0.9) return nested(pick(chance, [5, 60, 99]))
  return [oddValue(chance), oddValue(chance)]
}

/** Bodies that are no JSON object at all, with the type they claim. */
export const oddBodies: readonly { readonly type: string | undefined; readonly body: string | Buffer }[] = [
  { type: 'application/json', body: '' },
  { type: 'application/json', body: '{' },
  { type: 'application/json', body: '{"a": 1}}' },
  { type: 'application/json', body: 'null' },
  { type: 'application/json', body: '[]' },
  { type: 'application/json', body: '"text"' },
  { type: 'application/json', body: '1e999' },
  { type: 'application/json', body: '{"a": NaN}' },
  { type: 'application/json', body: '\ufeff{}' },
  { type: 'application/json', body: Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d]) },
  { type: 'application/json', body: '['.repeat(50_000) },
  { type: 'application/json', body: '{"a":'.repeat(20_000) },
  { type: 'application/json', body: `{"a": "${'x'.repeat(200_000)}"}` },
  { type: 'application/json; charset=utf-16', body: '{}' },
  { type: 'application/json; charset', body: '{}' },
  { type: 'application/xml', body: '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///x">]><a>&e;</a>' },
  { type: 'application/x-www-form-urlencoded', body: 'a=1&b=2' },
  { type: 'multipart/form-data; boundary=x', body: '--x\r\n\r\n--x--' },
  { type: 'text/plain', body: '{}' },
  { type: ';', body: '{}' },
  { type: '', body: '{}' },
  { type: undefined, body: '{}' },
  { type: undefined, body: 'not json' },
]

/** Parts of a path, already escaped or deliberately not. */
export const oddPathParts: readonly string[] = [
  '%00',
  '%zz',
  '%ff',
  '%2f',
  '%2e%2e',
  '..',
  '.',
  '%20',
  '%F0%9F%98%80',
  '%E2%80%AE',
  '%ED%A0%80',
  '%25',
  ';a=b',
  '*',
  '{id}',
  ':id',
  'x'.repeat(300),
  'x'.repeat(1100),
  '-1',
  '0',
  "'",
  '%22',
  'null',
  'detail',
]

export const oddQueries: readonly string[] = [
  '%zz=%zz',
  'a[]=1&a[]=2',
  'limit=-1',
  'limit=0',
  'limit=99999999999999999999',
  'limit=1e3',
  'limit=',
  'limit=%00',
  'marker=%00',
  'marker=nowhere',
  'sort_key=nowhere&sort_dir=sideways',
  'sort=a:b:c,,',
  'name=%F0%9F%98%80',
  'name=%ff',
  'name=a&name=b&name=c',
  '__proto__=1&constructor=2&hasOwnProperty=3',
  '&&&===',
  `name=${'x'.repeat(4000)}`,
  'changes-since=yesterday',
  'created_at=gt:never',
  'enabled=maybe',
  '?',
]
