import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { afterAll, beforeAll, describe } from 'vitest'
import { aGuest } from '../../guests/kit.ts'
import { testDriver } from '../contract.test-suite.ts'
import type { Driver } from '../driver.ts'
import { ensureLibvirt, guestImage, until } from '../../kit.ts'
import { openLibvirtDriver } from './open.ts'

const instancesDir = `/var/lib/nova/instances-contract-${process.pid}`

const folder = `/var/tmp/kilonova-contract-${process.pid}`

let libvirt: { stop(): Promise<void> }
let driver: Driver
let path: string

beforeAll(async () => {
  libvirt = await ensureLibvirt()
  path = await guestImage()
  driver = await openLibvirtDriver({ host: 'node1', clock: systemClock, log: silentLog, instancesDir })
  await mkdir(folder)
  await writeFile(join(folder, 'volume'), Buffer.alloc(1024 ** 2))
})

afterAll(async () => {
  await driver?.close()
  await rm(folder, { recursive: true, force: true })
  await rm(instancesDir, { recursive: true, force: true })
  await libvirt?.stop()
})

describe('the libvirt driver keeps the promises of every driver:', () => {
  const image = () => ({ id: '5c242396-3c7b-4bc6-bec1-3df8eb57d53d', format: 'qcow2' as const, source: { from: 'file' as const, path } })
  testDriver({
    driver: () => driver,
    guest: (n, more) => aGuest(0xe000_0000 + process.pid * 32 + n, { image: image(), memoryMb: 128, ...more }),
    volume: () => ({ volumeId: '3e1f1d2c-29d7-4b6a-9a3e-1f2d3c4b5a69', path: join(folder, 'volume'), format: 'raw', device: 'vdb' }),
    target: name => ({ to: 'file', path: join(folder, name) }),
    until,
  })
})
