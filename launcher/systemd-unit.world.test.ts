import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { thisHost } from './host.ts'
import { sourceDir } from './places.ts'
import { systemdUnit } from './systemd-unit.ts'

test('systemd finds nothing wrong with the units', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'kilonova-unit-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const program = join(sourceDir, 'kilonova')
  const files = [[], ['nova-compute', 'neutron-linuxbridge-agent']].map((daemons, at) => {
    const file = join(dir, `kilonova-${at}.service`)
    writeFileSync(file, systemdUnit({ program, home: '/srv/cloud 1', daemons }))
    return file
  })
  const { code, out, err } = await thisHost.run('systemd-analyze', ['verify', '--man=no', ...files])
  const ours = `${out}${err}`.split('\n').filter(line => line.includes(dir) || line.includes('kilonova-'))
  expect([code, ours]).toEqual([0, []])
})
