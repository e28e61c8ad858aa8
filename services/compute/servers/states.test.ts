import { expect, test } from 'vitest'
import { powerNumber, progressOf, statusOf } from './states.ts'

test('clients read one word for each state', () => {
  expect((['building', 'active', 'stopped', 'error', 'deleted'] as const).map(statusOf)).toEqual([
    'BUILD',
    'ACTIVE',
    'SHUTOFF',
    'ERROR',
    'DELETED',
  ])
})

test('power is a number, and what nobody knows is 0', () => {
  expect(['nostate', 'running', 'paused', 'shutdown', 'crashed', 'suspended', 'surprised'].map(powerNumber)).toEqual([0, 1, 3, 4, 6, 7, 0])
})

test('only a server that runs has come all the way', () => {
  expect([progressOf('building'), progressOf('active'), progressOf('stopped')]).toEqual([0, 100, 0])
})
