import { seededChance } from '@kilonova/platform/chance.ts'
import { virtualClock } from '@kilonova/platform/simulation/virtual-clock.ts'
import { expect, test } from 'vitest'
import { type Check, type Finding, verify } from './verify.ts'

const cause = { requestId: `req-${seededChance(1).uuid()}`, why: 'a test' }

/** Verifies with checks that find, one look after the other, what each list says. */
async function run(looks: readonly (readonly Finding[] | Error)[][], { isRunning = false, repairs = false } = {}) {
  const clock = virtualClock()
  const lines: string[] = []
  const checks: Check[] = looks.map((each, at) => {
    const left = [...each]
    return {
      name: `check ${at + 1}`,
      look: async () => {
        const found = left.length > 1 ? left.shift() : left[0]
        if (found instanceof Error) throw found
        return found ?? []
      },
    }
  })
  const code = await clock.run(() => verify({ checks, isRunning, repairs, clock, cause, print: line => void lines.push(line) }))
  return { code, lines }
}

test('a cloud in which all holds says so check by check', async () => {
  expect(await run([[[]], [[]]])).toEqual({
    code: 0,
    lines: ['holds  check 1', 'holds  check 2', '2 checks: 2 hold, 0 do not, 0 could not be made.'],
  })
})

test('each finding is a line, and says whether it can be set right', async () => {
  const repair = { what: 'mended', run: async () => {} }
  const { code, lines } = await run([[[{ what: 'a is torn', repair }, { what: 'b is lost' }]]])
  expect({ code, lines }).toMatchObject({
    code: 1,
    lines: ['amiss  check 1', '       - a is torn [--repair sets it right]', '       - b is lost', expect.anything()],
  })
})

test('what is set right no longer counts', async () => {
  const mended: string[] = []
  const repair = { what: 'mended', run: async () => void mended.push('a') }
  const { code, lines } = await run([[[{ what: 'a is torn', repair }]]], { repairs: true })
  expect({ code, mended, line: lines[1] }).toEqual({ code: 0, mended: ['a'], line: '       - a is torn [mended]' })
})

test('a repair that fails says why, and the finding stays one', async () => {
  const repair = { what: 'mended', run: () => Promise.reject(new Error('the thread is too short')) }
  const { code, lines } = await run([[[{ what: 'a is torn', repair }]]], { repairs: true })
  expect({ code, line: lines[1] }).toEqual({ code: 1, line: '       - a is torn [not mended: the thread is too short]' })
})

test('of a cloud at work only what is found twice counts', async () => {
  const [passing, lasting] = [{ what: 'a is on its way' }, { what: 'b is lost' }]
  const { code, lines } = await run([[[passing, lasting], [lasting]]], { isRunning: true })
  expect({ code, found: lines.filter(line => line.includes(' - ')) }).toEqual({ code: 1, found: ['       - b is lost'] })
})

test('what could not be looked at is said, and is no success', async () => {
  const { code, lines } = await run([[new Error('libvirt does not answer')], [[]]])
  expect({ code, line: lines[0] }).toEqual({ code: 2, line: '?      check 1: libvirt does not answer' })
})
