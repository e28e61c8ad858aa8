import { expect, test } from 'vitest'
import { actions, hindrance, powerNumber, progressOf, type Standing, statesOf, statusOf } from './states.ts'

const standing: Standing = { id: 'x', vmState: 'active', taskState: null, launchedAt: '2026-01-01T00:00:00.000Z', lockedBy: null }

test('clients read one word for each state', () => {
  const states = ['building', 'active', 'stopped', 'error', 'deleted', 'resized', 'soft-delete', 'shelved_offloaded'] as const
  expect(states.map(state => statusOf(state))).toEqual(
    ['BUILD', 'ACTIVE', 'SHUTOFF', 'ERROR', 'DELETED', 'VERIFY_RESIZE', 'SOFT_DELETED', 'SHELVED_OFFLOADED'], // biome-ignore format: a row
  )
})

test('some work has a word of its own', () => {
  expect(statusOf('active', 'rebooting_hard')).toBe('HARD_REBOOT')
  expect(statusOf('stopped', 'resize_prep')).toBe('RESIZE')
  expect(statusOf('active', 'pausing')).toBe('ACTIVE')
})

test('a status means states to search for, and back', () => {
  expect(statesOf('hard_reboot')).toEqual([
    { vmState: 'active', taskStates: ['rebooting_hard', 'reboot_pending_hard', 'reboot_started_hard'], isPlain: false },
  ])
  expect(statesOf('SHUTOFF')).toMatchObject([{ vmState: 'stopped', isPlain: true }])
  expect(statesOf('FLYING')).toEqual([])
})

test('an action is refused in the words of the state that forbids it', () => {
  expect(hindrance('stop', standing)).toBeUndefined()
  expect(hindrance('start', standing)).toBe("Cannot 'start' instance x while it is in vm_state active")
  expect(hindrance('stop', { ...standing, taskState: 'powering-off' })).toBe(
    "Cannot 'stop' instance x while it is in task_state powering-off",
  )
  expect(hindrance('stop', { ...standing, launchedAt: null })).toBe("Instance x is in an invalid state for 'stop'")
})

test('a hard reboot may overtake a soft one, and a server that never ran may be deleted', () => {
  expect(hindrance('hardReboot', { ...standing, taskState: 'rebooting' })).toBeUndefined()
  expect(hindrance('softReboot', { ...standing, taskState: 'rebooting' })).toContain('task_state rebooting')
  expect(hindrance('delete', { ...standing, vmState: 'building', taskState: 'scheduling', launchedAt: null })).toBeUndefined()
})

test('every action that takes time says so in a word', () => {
  const silent = Object.entries(actions).filter(([, row]) => 'to' in row && !('while' in row))
  expect(silent).toEqual([])
})

test('power is a number, and what nobody knows is 0', () => {
  expect(['nostate', 'running', 'paused', 'shutdown', 'crashed', 'suspended', 'surprised'].map(powerNumber)).toEqual([0, 1, 3, 4, 6, 7, 0])
})

test('only a server that runs has come all the way', () => {
  expect([progressOf('building'), progressOf('active'), progressOf('stopped')]).toEqual([0, 100, 0])
})
