import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
beforeEach(async () => {
  at = await bench()
})
afterEach(() => at.close())

const ids = (body: { images: { id: string }[] }) => body.images.map(image => image.id)

describe('registering an image', () => {
  test('shows all that is known of it, and where to go on', async () => {
    const { status, body, headers } = await at.ask('POST /v2/images', {
      body: { name: 'cirros', disk_format: 'qcow2', container_format: 'bare', tags: ['b', 'a', 'a'], hw_disk_bus: 'virtio' },
    })
    expect(status).toBe(201)
    expect(headers.get('location')).toBe(`/v2/images/${body.id}`)
    expect(headers.get('openstack-image-import-methods')).toBe('glance-direct,web-download,copy-image')
    expect(body).toEqual({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      name: 'cirros',
      status: 'queued',
      visibility: 'shared',
      owner: 'demo',
      protected: false,
      os_hidden: false,
      disk_format: 'qcow2',
      container_format: 'bare',
      min_disk: 0,
      min_ram: 0,
      size: null,
      virtual_size: null,
      checksum: null,
      os_hash_algo: null,
      os_hash_value: null,
      tags: ['a', 'b'],
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      updated_at: expect.any(String),
      self: `/v2/images/${body.id}`,
      file: `/v2/images/${body.id}/file`,
      schema: '/v2/schemas/image',
      hw_disk_bus: 'virtio',
    })
  })

  test.each([
    ['an unknown format', { disk_format: 'wrong' }, 400],
    ['a property that is no text', { answer: 42 }, 400],
    ['a reserved property', { os_glance_foo: 'bar' }, 403],
    ['what the service alone says', { status: 'active' }, 403],
    ['an owner who is somebody else', { owner: 'other' }, 403],
    ['a negative size of memory', { min_ram: -1 }, 400],
    ['an id that is none', { id: 'abc' }, 400],
    ['a visibility for all', { visibility: 'public' }, 403],
  ])('refuses %s', async (_, image, status) => {
    expect((await at.ask('POST /v2/images', { body: image })).status).toBe(status)
  })

  test('keeps the id the client chose, once', async () => {
    const id = '5c242396-3c7b-4bc6-bec1-3df8eb57d53d'
    await at.register({ id })
    const { status, body } = await at.ask('POST /v2/images', { body: { id } })
    expect([status, body.message]).toEqual([409, `Image ID ${id} already exists!`])
  })
})

describe('who sees an image', () => {
  test.each([
    ['private', 404],
    ['shared', 404],
    ['community', 200],
    ['public', 200],
  ])('a %s one of another project: %i', async (visibility, status) => {
    const id = await at.register({ visibility, owner: 'demo' }, 'admin.admin')
    expect((await at.ask(`GET /v2/images/${id}`, { as: 'other.member' })).status).toBe(status)
    expect((await at.ask(`GET /v2/images/${id}`)).status).toBe(200)
  })

  test('nobody changes an image of others, and hears of none that he does not see', async () => {
    const [open, closed] = [await at.register({ visibility: 'public' }, 'admin.admin'), await at.register({ visibility: 'private' })]
    const change = (id: string) =>
      at.ask(`PATCH /v2/images/${id}`, { as: 'other.member', patch: [{ op: 'replace', path: '/name', value: 'x' }] })
    expect([(await change(open)).status, (await change(closed)).status]).toEqual([403, 404])
    expect((await at.ask(`DELETE /v2/images/${open}`, { as: 'other.member' })).status).toBe(403)
    expect((await at.ask(`DELETE /v2/images/${closed}`, { as: 'other.member' })).status).toBe(404)
  })

  test('a stranger hears 401, in JSON or as a page, as he likes', async () => {
    expect((await at.ask('GET /v2/images', { as: '' })).body).toEqual({
      message: 'The request you have made requires authentication.',
      code: '401 Unauthorized',
      title: 'Unauthorized',
    })
    const page = await at.ask('GET /v2/images/none', { headers: { accept: '*/*' } })
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(page.body).toContain('<h1>404 Not Found</h1>\n  No image found with ID none')
  })
})

describe('changing an image', () => {
  const patch = (id: string, ...operations: object[]) => at.ask(`PATCH /v2/images/${id}`, { patch: operations })

  test('adds, replaces and removes, all or nothing', async () => {
    const id = await at.register({ colour: 'red' })
    const { body } = await patch(
      id,
      { op: 'replace', path: '/name', value: 'new' },
      { op: 'add', path: '/shape~1form', value: 'round' },
      { op: 'remove', path: '/colour' },
    )
    expect(body).toMatchObject({ name: 'new', 'shape/form': 'round' })
    expect(body.colour).toBeUndefined()
    const { status } = await patch(id, { op: 'replace', path: '/name', value: 'newer' }, { op: 'remove', path: '/nothing' })
    expect([status, (await at.ask(`GET /v2/images/${id}`)).body.name]).toEqual([409, 'new'])
  })

  test('by the older media type refuses to add what is there', async () => {
    const id = await at.register({ colour: 'red' })
    const older = { 'content-type': 'application/openstack-images-v2.0-json-patch' }
    const ask = (operation: object) => at.ask(`PATCH /v2/images/${id}`, { patch: [operation], headers: older })
    expect((await ask({ add: '/colour', value: 'blue' })).status).toBe(409)
    expect((await ask({ replace: '/colour', value: 'blue' })).body.colour).toBe('blue')
  })

  test('by another media type is refused, naming those there are', async () => {
    const id = await at.register()
    const { status, headers } = await at.ask(`PATCH /v2/images/${id}`, { body: [] })
    expect([status, headers.get('accept-patch')]).toEqual([415, expect.stringContaining('v2.1-json-patch')])
  })

  test.each([
    ['what is read only', { op: 'replace', path: '/status', value: 'active' }, 403],
    ['what is reserved', { op: 'add', path: '/os_glance_x', value: 'y' }, 403],
    ['an attribute away', { op: 'remove', path: '/name' }, 403],
    ['an owner', { op: 'replace', path: '/owner', value: 'other' }, 403],
    ['a pointer that leads too deep', { op: 'add', path: '/a/b', value: 'c' }, 400],
    ['a value of another kind', { op: 'replace', path: '/protected', value: 'yes' }, 400],
    ['an operation that is none', { op: 'move', path: '/a', value: 'c' }, 400],
    ['locations nobody is shown', { op: 'add', path: '/locations/-', value: { url: 'http://x/y', metadata: {} } }, 403],
    ['a visibility for all', { op: 'replace', path: '/visibility', value: 'public' }, 403],
  ])('refuses %s', async (_, operation, status) => {
    expect((await patch(await at.register(), operation)).status).toBe(status)
  })

  test('tags come and go by themselves too', async () => {
    const id = await at.register()
    expect((await at.ask(`PUT /v2/images/${id}/tags/web`)).status).toBe(204)
    expect((await at.ask(`GET /v2/images/${id}`)).body.tags).toEqual(['web'])
    expect((await at.ask(`DELETE /v2/images/${id}/tags/web`)).status).toBe(204)
    expect((await at.ask(`DELETE /v2/images/${id}/tags/web`)).status).toBe(404)
  })

  test('a protected image is not deleted until it is protected no longer', async () => {
    const id = await at.register({ protected: true })
    const { status, body } = await at.ask(`DELETE /v2/images/${id}`)
    expect([status, body.message]).toEqual([403, `Image ${id} is protected and cannot be deleted.`])
    await patch(id, { op: 'replace', path: '/protected', value: false })
    expect((await at.ask(`DELETE /v2/images/${id}`)).status).toBe(204)
    expect((await at.ask(`GET /v2/images/${id}`)).status).toBe(404)
  })
})

describe('a list', () => {
  const list = async (query: string, as?: string) => (await at.ask(`GET /v2/images?${query}`, { as })).body

  test('holds what the caller may see, the newest first, in pages', async () => {
    const made = []
    for (const name of ['a', 'b', 'c', 'd', 'e']) made.unshift(await at.register({ name }))
    await at.register({ visibility: 'private' }, 'other.member')
    const first = await list('limit=2')
    expect(ids(first)).toEqual(made.slice(0, 2))
    expect(first).toMatchObject({ first: '/v2/images?limit=2', next: `/v2/images?limit=2&marker=${made[1]}`, schema: '/v2/schemas/images' })
    const all = []
    for (let next: string | undefined = '/v2/images?limit=2&sort=name:asc'; next; ) {
      const { body } = await at.ask(`GET ${next}`)
      all.push(...ids(body))
      next = body.next
    }
    expect(all).toEqual(made.toReversed())
  })

  test.each([
    ['name=two', ['two']],
    ['name=in:one,"th,ree"', ['one', 'th,ree']],
    ['tag=x&tag=y', ['two']],
    ['colour=red', ['one']],
    ['disk_format=in:iso,vmdk', ['two']],
    ['status=active', []],
    ['visibility=private', ['th,ree']],
    ['created_at=gt:2000-01-01T00:00:00Z', ['one', 'th,ree', 'two']],
    ['created_at=lt:2000-01-01T00:00:00', []],
    ['min_ram_min=5', ['one']],
    ['protected=true', ['two']],
    ['os_hidden=true', ['hidden']],
    ['owner=nobody', []],
  ])('%s finds %j', async (query, names) => {
    await at.register({ name: 'one', colour: 'red', min_ram: 64 })
    await at.register({ name: 'two', tags: ['x', 'y'], disk_format: 'iso', protected: true })
    await at.register({ name: 'th,ree', tags: ['x'], visibility: 'private' })
    await at.register({ name: 'hidden', os_hidden: true })
    expect((await list(`${query}&sort=name:asc`)).images.map((image: { name: string }) => image.name)).toEqual(names)
  })

  test.each([
    'limit=x',
    'limit=-1',
    'sort=colour',
    'sort=name&sort_key=name',
    'visibility=none',
    'os_hidden=perhaps',
    'created_at=gt:never',
    'size_min=x',
    'name=like:x',
    'name=in:"x',
    'marker=none',
    'member_status=x',
  ])('%s is refused', async query => expect((await at.ask(`GET /v2/images?${query}`)).status).toBe(400))

  test('leaves out community images of others unless asked', async () => {
    const id = await at.register({ visibility: 'community' })
    expect(ids(await list('', 'other.member'))).toEqual([])
    expect(ids(await list('visibility=community', 'other.member'))).toEqual([id])
    expect(ids(await list('visibility=all', 'other.member'))).toEqual([id])
    expect(ids(await list(''))).toEqual([id])
  })
})

describe('sharing', () => {
  test('a member sees the image, and lists it once accepted', async () => {
    const id = await at.register()
    const added = await at.ask(`POST /v2/images/${id}/members`, { body: { member: 'other' } })
    expect([added.status, added.body]).toEqual([
      200,
      {
        member_id: 'other',
        image_id: id,
        status: 'pending',
        created_at: expect.any(String),
        updated_at: expect.any(String),
        schema: '/v2/schemas/member',
      },
    ])
    const listed = async (query = '') => ids((await at.ask(`GET /v2/images?${query}`, { as: 'other.member' })).body)
    expect((await at.ask(`GET /v2/images/${id}`, { as: 'other.member' })).status).toBe(200)
    expect([await listed(), await listed('member_status=pending&visibility=shared')]).toEqual([[], [id]])
    const answer = (status: string, as: string) => at.ask(`PUT /v2/images/${id}/members/other`, { as, body: { status } })
    expect((await answer('accepted', 'demo.member')).status).toBe(403)
    expect((await answer('perhaps', 'other.member')).status).toBe(400)
    expect((await answer('accepted', 'other.member')).body.status).toBe('accepted')
    expect(await listed()).toEqual([id])
    expect((await at.ask(`GET /v2/images/${id}/members`, { as: 'other.member' })).body.members).toHaveLength(1)
    expect((await at.ask(`GET /v2/images/${id}/members`, { as: 'third.member' })).status).toBe(404)
    expect((await at.ask(`POST /v2/images/${id}/members`, { as: 'other.member', body: { member: 'third' } })).status).toBe(403)
    expect((await at.ask(`POST /v2/images/${id}/members`, { body: { member: 'other' } })).status).toBe(409)
    expect((await at.ask(`DELETE /v2/images/${id}/members/other`)).status).toBe(204)
    expect((await at.ask(`GET /v2/images/${id}`, { as: 'other.member' })).status).toBe(404)
  })

  test('is for shared images only', async () => {
    const id = await at.register({ visibility: 'private' })
    expect((await at.ask(`POST /v2/images/${id}/members`, { body: { member: 'other' } })).status).toBe(403)
  })
})

test('every schema is served by its name', async () => {
  for (const [path, name] of [
    ['image', 'image'],
    ['images', 'images'],
    ['member', 'member'],
    ['task', 'task'],
    ['metadefs/namespace', 'namespace'],
    ['metadefs/resource_types', 'resource_type_associations'],
  ])
    expect((await at.ask(`GET /v2/schemas/${path}`)).body.name).toBe(name)
})

test('versions are shown before anybody signs in', async () => {
  const { status, body } = await at.ask('GET /', { as: '' })
  expect([status, body.versions[0].id, body.versions.at(-1).id]).toEqual([300, 'v2.16', 'v2.0'])
})

test('changes tell what became of an image, to its project', async () => {
  const id = await at.register()
  await at.upload(id, Buffer.from('data'))
  await at.ask(`DELETE /v2/images/${id}`)
  const changes = await at.db.changes.read(0, { id, kinds: ['image.image'] })
  expect(changes.map(({ act, projectId }) => `${act} ${projectId}`)).toEqual(
    ['created', 'updated', 'uploaded', 'activated', 'deleted'].map(act => `${act} demo`),
  )
})

test('an image whose id got lost is not there', async () => {
  expect((await at.ask('GET /v2/images/')).status).toBe(404)
  expect((await at.ask('DELETE /v2/images/')).status).toBe(404)
  expect((await at.ask('DELETE /v2/images')).status).toBe(405)
})

test('what one service of a cloud remembers is never older than what another wrote', async () => {
  const databaseUrl = `sqlite:///${at.dir}/shared.db`
  const [here, there] = [await bench([], { dir: at.dir, databaseUrl }), await bench([], { dir: at.dir, databaseUrl })]
  const id = await here.register({ name: 'before', visibility: 'shared' })
  const seen = async (as = 'demo.member') => {
    const listed = (await there.ask('GET /v2/images', { as })).body.images.map((image: { name: string }) => image.name)
    const { status, body } = await there.ask(`GET /v2/images/${id}`, { as })
    return [listed, status, body.name]
  }
  expect(await seen()).toEqual([['before'], 200, 'before'])
  expect(await seen('other.member')).toEqual([[], 404, undefined])
  await here.ask(`PATCH /v2/images/${id}`, { patch: [{ op: 'replace', path: '/name', value: 'after' }] })
  expect(await seen()).toEqual([['after'], 200, 'after'])
  await here.ask(`POST /v2/images/${id}/members`, { body: { member: 'other' } })
  await here.ask(`PUT /v2/images/${id}/members/other`, { as: 'other.member', body: { status: 'accepted' } })
  expect(await seen('other.member')).toEqual([['after'], 200, 'after'])
  await here.ask(`DELETE /v2/images/${id}`)
  expect(await seen()).toEqual([[], 404, undefined])
  await Promise.all([here.close(), there.close()])
})
