import { expect, test } from 'vitest'
import { kyselyOver } from './over.ts'

const db = kyselyOver<{ region: { id: string } }>('sqlite', () => Promise.resolve({ rows: [] }))

test('how many rows are wanted is no bare parameter, which SQLite would plan a statement anew for each time', () => {
  const { sql, parameters } = db.selectFrom('region').select('id').where('id', 'in', ['a', 'b']).limit(7).offset(2).compile()
  expect(sql).toBe('select "id" from "region" where "id" in (?, ?) limit cast(? as integer) offset cast(? as integer)')
  expect(parameters).toEqual(['a', 'b', 7, 2])
})

test('a long list is one parameter, so that lists of any length are one statement', () => {
  const many = Array.from({ length: 17 }, (_, n) => `r${n}`)
  const { sql, parameters } = db.selectFrom('region').select('id').where('id', 'in', many).compile()
  expect(sql).toBe('select "id" from "region" where "id" in (select value from json_each(?))')
  expect(parameters).toEqual([JSON.stringify(many)])
})
