import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cloud, fieldsOf, startCloud } from './kit/cloud.ts'

/** What an installer types into the unmodified `openstack` command, word for word. */
let cloud: Cloud
let opened: Cloud | undefined
beforeAll(async () => {
  cloud = opened = await startCloud({ services: 'keystone' })
})
afterAll(() => opened?.close())

const openstack = async (words: string): Promise<string> => {
  const { code, out, err } = await cloud.shell(`openstack ${words}`)
  if (code !== 0) throw new Error(`openstack ${words}: ${err}`)
  return out
}

test('a token is issued for the administrator of the openrc', async () => {
  const token = fieldsOf(await openstack('token issue'))
  expect(Object.keys(token)).toEqual(['expires', 'id', 'project_id', 'user_id'])
  expect(token['id']).toMatch(/^gAAAAA/)
  expect(token['expires']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/)
})

test('the catalog names the doors there are', async () => {
  const catalog = await openstack('catalog list')
  expect(catalog).toContain('| keystone | identity')
  for (const face of ['public', 'internal', 'admin']) expect(catalog).toContain(`${face}: http://127.0.0.1:${cloud.port}/identity/v3`)
})

test('a service user is made at a prompt, and given its role in silence', async () => {
  // `script` gives the prompt a terminal.
  const typed = await cloud.shell(`script -qec 'openstack user create --domain default --password-prompt nova' /dev/null`, [
    ['User Password:', '123456\n'],
    ['Repeat User Password:', '123456\n'],
  ])
  expect(typed).toMatchObject({ code: 0, err: '' })
  expect(typed.out).toMatch(/User Password:\s+Repeat User Password:/)
  expect(fieldsOf(typed.out)).toMatchObject({
    domain_id: 'default',
    enabled: 'True',
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    name: 'nova',
  })
  expect(await cloud.shell('openstack role add --project service --user nova admin')).toEqual({ code: 0, out: '', err: '' })
  expect(await openstack('role assignment list --names --user nova --project service')).toMatch(
    /\| admin +\| nova@Default +\| +\| service@Default +\|/,
  )
  const asNova = await cloud.shell('OS_USERNAME=nova OS_PASSWORD=123456 OS_PROJECT_NAME=service openstack token issue -f value -c user_id')
  expect(asNova.out.trim()).toBe(fieldsOf(typed.out)['id'])
})

test('a service and its three endpoints fill the catalog, with the caller’s project in the URL', async () => {
  const service = fieldsOf(await openstack('service create --name nova --description "OpenStack Compute" compute'))
  expect(service).toEqual({
    description: 'OpenStack Compute',
    enabled: 'True',
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    name: 'nova',
    type: 'compute',
  })
  for (const face of ['public', 'internal', 'admin'])
    expect(
      fieldsOf(await openstack(`endpoint create --region RegionOne compute ${face} http://controller:8774/v2.1/%\\(tenant_id\\)s`)),
    ).toEqual({
      enabled: 'True',
      id: expect.stringMatching(/^[0-9a-f]{32}$/),
      interface: face,
      region: 'RegionOne',
      region_id: 'RegionOne',
      service_id: service['id'],
      service_name: 'nova',
      service_type: 'compute',
      url: 'http://controller:8774/v2.1/%(tenant_id)s',
    })
  const project = (await openstack('token issue -f value -c project_id')).trim()
  const shown = await openstack('catalog show compute')
  for (const face of ['public', 'internal', 'admin']) expect(shown).toContain(`${face}: http://controller:8774/v2.1/${project}`)
})
