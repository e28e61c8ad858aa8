import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { open } from './endpoint.ts'
import { isThisMachine, type Listening, listen, type ListenWish, type Mount, PortTaken } from './listener.ts'
import { openDoor } from './service.ts'
import { text } from './shape.ts'
import { endpoint, serviceOf, view } from './testing.ts'
import { shows } from './view.ts'

let open_: Listening[] = []
afterEach(async () => {
  await Promise.all(open_.map(one => one.close(0)))
  open_ = []
})
const quiet = { health: async () => [], metrics: async () => 'requests 1\n' }
const start = async (wish: Partial<ListenWish> & Pick<ListenWish, 'mounts'>) => {
  const listening = await listen({ ...quiet, ...wish })
  open_.push(listening)
  return listening
}
const mount = (more: Partial<Mount> = {}): Mount => ({
  name: 'things',
  host: '127.0.0.1',
  port: 0,
  prefix: '',
  answer: (request, response) => response.end(`things ${request.url}`),
  ...more,
})
const at = (listening: Listening, path: string, name = 'things') => `http://127.0.0.1:${listening.portOf(name)}${path}`

describe('a port', () => {
  test('that is taken is named', async () => {
    const first = await start({ mounts: [mount()] })
    const port = first.portOf('things')
    const again = start({ mounts: [mount({ port })] })
    await expect(again).rejects.toThrow(PortTaken)
    await expect(again).rejects.toThrow(`port ${port} on 127.0.0.1 is in use by another program`)
  })

  test('that is taken leaves none of the others bound', async () => {
    const taken = (await start({ mounts: [mount()] })).portOf('things')
    const free = await start({ mounts: [mount()] })
    const port = free.portOf('things')
    await free.close()
    await expect(start({ mounts: [mount({ port }), mount({ name: 'b', port: taken })] })).rejects.toThrow(PortTaken)
    await start({ mounts: [mount({ port })] })
  })

  test('is shared by services below their prefixes, which their links carry', async () => {
    const here = endpoint('GET /here', {
      summary: 'x',
      policy: open('x'),
      status: 200,
      view: view(null, { base: shows<string>()(text(), base => base) }),
      run: ({ base }) => base,
    })
    const door = await openDoor(serviceOf([here]))
    const probe = await start({ mounts: [mount()] })
    const port = probe.portOf('things')
    await probe.close()
    const listening = await start({
      mounts: [
        mount({ port, prefix: '/thing', answer: (request, response) => door.routing(request, response) }),
        mount({ port, name: 'other', prefix: '/thing-2', answer: (request, response) => response.end(`two ${request.url}`) }),
      ],
    })
    expect(await (await fetch(at(listening, '/thing/here'))).json()).toEqual({ base: at(listening, '/thing') })
    expect(await (await fetch(at(listening, '/thing/openapi.json'))).json()).toMatchObject({ servers: [{ url: at(listening, '/thing') }] })
    expect(await (await fetch(at(listening, '/thing-2?x=1'))).text()).toBe('two /?x=1')
    expect((await fetch(at(listening, '/thing-3'))).status).toBe(404)
    await door.close()
  })

  test('of a name that is not mounted is nobody’s', async () => {
    const listening = await start({ mounts: [mount()] })
    expect(() => listening.portOf('nothing')).toThrow('nothing named nothing')
  })
})

describe('health and metrics', () => {
  test('/healthz is 200 while nobody complains and 503 after', async () => {
    let complaints: readonly string[] = []
    const listening = await start({ mounts: [mount()], health: async () => complaints })
    expect((await fetch(at(listening, '/healthz'))).status).toBe(200)
    complaints = ['the database is away']
    const answer = await fetch(at(listening, '/healthz?verbose'))
    expect([answer.status, await answer.json()]).toEqual([503, { status: 'unhealthy', complaints }])
  })

  test('/metrics is for this machine', async () => {
    const listening = await start({ mounts: [mount()] })
    expect(await (await fetch(at(listening, '/metrics'))).text()).toBe('requests 1\n')
  })

  test.each([
    ['127.0.0.1', true],
    ['127.0.0.2', true],
    ['::ffff:127.0.0.1', true],
    ['::1', true],
    ['10.127.0.1', false],
    ['::ffff:10.0.0.1', false],
    [undefined, false],
  ])('%s is this machine: %s', (address, isOurs) => {
    expect(isThisMachine(address)).toBe(isOurs)
  })

  test('a look that fails is an answer, not the end of the process', async () => {
    const fail = () => Promise.reject(new Error('x'))
    const listening = await start({ mounts: [mount()], health: fail, metrics: fail })
    expect((await fetch(at(listening, '/healthz'))).status).toBe(503)
    expect((await fetch(at(listening, '/metrics'))).status).toBe(500)
  })
})

describe('closing', () => {
  test('lets a request under way finish, and accepts no other', async () => {
    let finish = () => {}
    const begun = new Promise<void>(resolve => {
      const answer: Mount['answer'] = (_, response) => {
        finish = () => response.end('done')
        resolve()
      }
      void start({ mounts: [mount({ answer })] }).then(async listening => {
        under = fetch(at(listening, '/'))
      })
    })
    let under: Promise<Response> | undefined
    await begun
    const [listening] = open_
    if (!listening) throw new Error('nothing listens')
    const url = at(listening, '/')
    const closed = listening.close(10_000)
    await expect(fetch(url)).rejects.toThrow()
    finish()
    expect(await (await under)?.text()).toBe('done')
    await closed
  })

  test('cuts after the grace what does not end: a request and a WebSocket', async () => {
    const sockets: Socket[] = []
    const begun = Promise.withResolvers<void>()
    const listening = await start({
      mounts: [mount({ answer: () => begun.resolve(), upgrade: (_, socket) => sockets.push(socket as Socket) })],
    })
    const stuck = fetch(at(listening, '/')).catch(() => 'cut')
    const socket = connect(listening.portOf('things'), '127.0.0.1')
    socket.on('error', () => {}).write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    await begun.promise
    await expect.poll(() => sockets.length).toBe(1)
    await listening.close(10)
    expect(await stuck).toBe('cut')
    await expect.poll(() => socket.closed || socket.destroyed || socket.readableEnded).toBe(true)
    socket.destroy()
  })

  test('does not wait for idle connections', async () => {
    const listening = await start({ mounts: [mount()] })
    await fetch(at(listening, '/'))
    const began = performance.now()
    await listening.close(60_000)
    expect(performance.now() - began).toBeLessThan(5_000)
  })
})

test('an upgrade that nobody wants is 404', async () => {
  const listening = await start({ mounts: [mount()] })
  const asked = request(at(listening, '/'), { headers: { connection: 'Upgrade', upgrade: 'websocket' } }).end()
  const [answer] = await once(asked, 'response')
  expect(answer.statusCode).toBe(404)
})

test.each([
  ['GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nfew', '400 Bad Request', 'fewer bytes than Content-Length promised'],
  ['no request at all\r\n\r\n', '400 Bad Request', 'This is no HTTP request.'],
  [
    `GET / HTTP/1.1\r\nHost: h\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`,
    '431 Request Header Fields Too Large',
    'The headers of the request are too large.',
  ],
])('what cannot be read is told why: %.20s', async (sent, status, says) => {
  // Nothing is answered before all of the body has come.
  const listening = await start({
    mounts: [mount({ answer: (incoming, response) => void incoming.resume().on('end', () => response.end()) })],
  })
  const socket = connect(listening.portOf('things'), '127.0.0.1')
  socket.end(sent)
  let heard = ''
  socket.setEncoding('utf8').on('data', part => (heard += part))
  await once(socket, 'close')
  const [head = '', body = ''] = heard.split('\r\n\r\n')
  expect(head.split('\r\n')[0]).toBe(`HTTP/1.1 ${status}`)
  expect(JSON.parse(body)).toMatchObject({ code: status, message: expect.stringContaining(says) })
})
