import { systemClock } from '@kilonova/platform/clock.ts'
import { describe, vi } from 'vitest'
import { aGuest } from '../../guests/kit.ts'
import { testDriver } from '../contract.test-suite.ts'
import { openFakeDriver } from './open.ts'

describe('the fake driver keeps the promises of every driver:', () => {
  const driver = openFakeDriver({ host: 'node1', clock: systemClock })
  testDriver({
    driver: () => driver,
    guest: aGuest,
    volume: () => ({ volumeId: '3e1f1d2c-29d7-4b6a-9a3e-1f2d3c4b5a69', path: '/nowhere', format: 'raw', device: 'vdb' }),
    target: name => ({ to: 'file', path: `/nowhere/${name}` }),
    until: (what, holds) => vi.waitUntil(holds, { timeout: 1000, interval: 1 }).catch(() => Promise.reject(new Error(`never: ${what}`))),
  })
})
