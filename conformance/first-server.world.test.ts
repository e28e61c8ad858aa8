import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cloud, run, startCloud } from './kit/cloud.ts'

/** What everybody sees first: one command, and a server of one's own that a key opens from outside; another command, and nothing of it is left. */
const instancesDir = `/var/lib/nova/kilonova-first-${process.pid}`
const bootMs = 240_000

let cloud: Cloud
let opened: Cloud | undefined
beforeAll(async () => {
  const flags = ['guest_image=true', 'demo_server=true', `instances_path=${instancesDir}`]
  cloud = opened = await startCloud({ services: 'keystone,glance,placement,neutron,nova', flags })
}, bootMs)
afterAll(async () => {
  await opened?.kilonova('down')
  await opened?.kilonova('reset', '--yes')
  await opened?.close()
  await run('rm', ['-rf', instancesDir])
}, bootMs)

const isNotYet = 'is being made'

async function status(): Promise<string> {
  const end = performance.now() + bootMs
  for (;;) {
    const { out } = await cloud.kilonova('status')
    if (!out.includes(isNotYet) || performance.now() > end) return out
    await new Promise(resolve => setTimeout(resolve, 500))
  }
}

const linesOf = async (program: string, ...args: readonly string[]) =>
  (await run(program, args)).out.split('\n').filter(line => line.trim() !== '')

test('up leaves a first server that says how to reach it, and its key opens it', { timeout: bootMs }, async () => {
  expect(cloud.said).toContain(`server first ${isNotYet}`)
  const [, key = '', person = ''] = /server first is there: ssh -i (\S+) (\S+)/.exec(await status()) ?? []
  expect(key).toBe(join(cloud.home, 'demo-key'))
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'BatchMode=yes', 'ConnectTimeout=5']
  const ssh = () => run('ssh', [...options.flatMap(option => ['-o', option]), '-i', key, person, 'hostname'])
  const end = performance.now() + bootMs
  let said = await ssh()
  while (said.code !== 0 && performance.now() < end) said = await ssh()
  expect(said).toMatchObject({ code: 0, out: 'first\n' })
})

test('reset refuses while the cloud runs, and afterwards ends its guests and leaves nothing', { timeout: 120_000 }, async () => {
  expect(await cloud.kilonova('reset', '--yes')).toMatchObject({ code: 1, err: expect.stringContaining('The cloud runs. End it first') })
  const [id = ''] = readdirSync(instancesDir).filter(name => /^[0-9a-f-]{36}$/.test(name))
  await cloud.kilonova('down')
  expect(await linesOf('virsh', 'domstate', id)).toEqual(['running'])
  expect(await cloud.kilonova('reset', '--yes')).toMatchObject({ code: 0 })
  expect((await run('virsh', ['domstate', id])).code).toBe(1)
  expect(readdirSync(instancesDir)).toEqual([])
  expect(existsSync(join(cloud.home, 'nova.db'))).toBe(false)
  expect((await linesOf('ip', '-o', 'link', 'show')).filter(line => line.includes(cloud.home))).toEqual([])
})
