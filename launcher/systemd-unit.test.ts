import { expect, test } from 'vitest'
import { systemdUnit, tellServiceManager } from './systemd-unit.ts'

const commandOf = (wish: Parameters<typeof systemdUnit>[0]) => /^ExecStart=(.*)$/m.exec(systemdUnit(wish))?.[1]

test('a unit runs the whole cloud in the foreground, or the daemons that are named', () => {
  const program = '/opt/kilonova/kilonova'
  expect(commandOf({ program, daemons: [] })).toBe('/opt/kilonova/kilonova up --foreground --no-install')
  expect(commandOf({ program, daemons: ['nova-scheduler', 'nova-conductor'] })).toBe(
    '/opt/kilonova/kilonova run nova-scheduler nova-conductor',
  )
})

test('signs that systemd reads as its own are written so that it does not', () => {
  expect(commandOf({ program: '/opt/k', home: '/srv/my $5 "cloud" 100%', daemons: ['keystone'] })).toBe(
    '/opt/k --home "/srv/my $$5 \\"cloud\\" 100%%" run keystone',
  )
})

test('systemd is told when the cloud serves, and nobody else is', async () => {
  const told: (readonly string[])[] = []
  const host = {
    run: async (program: string, args: readonly string[]) => {
      told.push([program, ...args])
      return { code: 0, out: '', err: '' }
    },
  }
  await tellServiceManager({}, host)
  await tellServiceManager({ NOTIFY_SOCKET: '/run/systemd/notify' }, host)
  expect(told).toEqual([['systemd-notify', '--ready']])
})
