import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { GuestChange } from '../driver.ts'
import { type ConnectionOptions, openConnection } from './connection.ts'
import { domainsOver } from './domains.ts'
import { lifecycleOf } from './events.ts'
import { kinds, type Packet, packetCutter, programs, writePacket } from './rpc/packets.ts'
import { procedures } from './rpc/procedures.ts'
import { XdrWriter } from './rpc/xdr.ts'
import { openSession } from './session.ts'

const uuid = 'da0e8cfc-46f9-416d-a828-000000000001'
const domain = (name: string) =>
  new XdrWriter()
    .text(name)
    .fixed(Buffer.from(uuid.replaceAll('-', ''), 'hex'))
    .i32(1)

type Answer = { status?: number; body: XdrWriter } | 'silence'

/** Speaks libvirt's protocol as far as the tests ask it to. */
async function aLibvirt(answers: Partial<Record<number, Answer>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'kilonova-libvirt-'))
  const socketPath = join(folder, 'sock')
  const sockets = new Set<Socket>()
  const calls: Packet[] = []
  const usual: Partial<Record<number, Answer>> = {
    [procedures.authList]: { body: new XdrWriter().u32(1).i32(0) },
    [procedures.eventRegister]: { body: new XdrWriter().i32(77) },
  }
  const server = createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
    const cut = packetCutter(call => {
      calls.push({ ...call, body: Buffer.from(call.body) })
      if (call.program !== programs.remote) return
      const answer = answers[call.procedure] ?? usual[call.procedure] ?? { body: new XdrWriter() }
      if (answer !== 'silence')
        socket.write(writePacket({ ...call, kind: kinds.reply, status: answer.status ?? 0, body: answer.body.bytes() }))
    })
    socket.on('data', cut)
  })
  await new Promise<void>(resolve => server.listen(socketPath, resolve))
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await rm(folder, { recursive: true })
  })
  const say = (packet: Omit<Packet, 'serial' | 'status' | 'kind'>) => {
    for (const socket of sockets) socket.write(writePacket({ ...packet, serial: 0, status: 0, kind: kinds.message }))
  }
  const options: ConnectionOptions = { socketPath, uri: 'test:///default', clock: systemClock, log: silentLog }
  return { options, calls, say, hangUp: () => sockets.forEach(socket => void socket.destroy()) }
}

async function opened(options: ConnectionOptions) {
  const session = openSession({ clock: systemClock, log: silentLog, open: () => openConnection(options) })
  onTestFinished(() => session.close())
  return session
}

describe('a conversation with libvirt', () => {
  test('gives errors with their code and sentence', async () => {
    const error = new XdrWriter().i32(42).i32(10).optionalText('Domain not found').i32(2)
    const { options } = await aLibvirt({ [procedures.domainDefineXml]: { status: 1, body: error } })
    const session = await opened(options)
    await expect(domainsOver(session.connection).define('<domain/>')).rejects.toMatchObject({
      code: 42,
      domain: 10,
      message: 'Domain not found',
    })
  })

  test('does not wait for an answer beyond its deadline, and goes on', async () => {
    const { options } = await aLibvirt({ [procedures.connectGetVersion]: 'silence' })
    const connection = await openConnection(options)
    await expect(connection.call(procedures.connectGetVersion, new XdrWriter(), () => 1, 20)).rejects.toThrow('within 20 ms')
    expect(await connection.call(procedures.domainGetXml, new XdrWriter(), () => 'next')).toBe('next')
    await connection.close()
  })

  test('answers a sign-of-life with one', async () => {
    const { options, calls, say } = await aLibvirt()
    const connection = await openConnection(options)
    say({ program: programs.keepalive, procedure: 1, body: Buffer.alloc(0) })
    await vi.waitFor(() => expect(calls.at(-1)).toMatchObject({ program: programs.keepalive, procedure: 2 }))
    await connection.close()
  })

  test('ends when the other side shows no life any more', async () => {
    const { options } = await aLibvirt()
    const connection = await openConnection({ ...options, keepaliveMs: 10 })
    expect((await connection.ended).message).toContain('closed')
  })

  test('never mistakes a domain of others for a guest', async () => {
    const { options } = await aLibvirt({ [procedures.domainLookupByUuid]: { body: domain('CentOs-7-x86_64') } })
    const session = await opened(options)
    expect(await domainsOver(session.connection).find(uuid)).toBeUndefined()
  })
})

describe('a session', () => {
  test('refuses as unavailable where there is no libvirt', async () => {
    const session = await opened({ socketPath: '/nonexistent/sock', uri: '', clock: systemClock, log: silentLog })
    await expect(session.connection()).rejects.toMatchObject({ kind: 'unavailable' })
  })

  test('comes back by itself, asks for events anew and says that some may be missing', async () => {
    const { options, say, hangUp } = await aLibvirt()
    const session = await opened(options)
    const heard: (GuestChange | undefined)[] = []
    const following = lifecycleOf(session)(change => heard.push(change))
    await vi.waitFor(() => expect(heard).toEqual([undefined]))
    hangUp()
    await vi.waitFor(() => expect(heard).toEqual([undefined, undefined]), { timeout: 5_000 })
    const started = new XdrWriter().i32(77).fixed(domain('instance-00000001').bytes()).i32(2).i32(0)
    say({ program: programs.remote, procedure: procedures.eventLifecycle, body: started.bytes() })
    await vi.waitFor(() => expect(heard.at(-1)).toEqual({ uuid, name: 'instance-00000001', what: 'started' }))
    following.stop()
  })

  test('tells every follower what happens, asks for it once, and goes on when one stops', async () => {
    const { options, calls, say } = await aLibvirt()
    const follow = lifecycleOf(await opened(options))
    const heard: string[] = []
    const [first, second] = ['first', 'second'].map(who => follow(change => heard.push(`${who}: ${change?.what ?? 'look'}`)))
    await vi.waitFor(() => expect(heard).toEqual(['first: look', 'second: look']))
    const happens = (what: number) => {
      const body = new XdrWriter().i32(77).fixed(domain('instance-00000001').bytes()).i32(what).i32(0)
      say({ program: programs.remote, procedure: procedures.eventLifecycle, body: body.bytes() })
    }
    happens(2)
    await vi.waitFor(() => expect(heard.slice(2)).toEqual(['first: started', 'second: started']))
    first?.stop()
    happens(5)
    await vi.waitFor(() => expect(heard.slice(4)).toEqual(['second: stopped']))
    second?.stop()
    expect(calls.filter(({ procedure }) => procedure === procedures.eventRegister)).toHaveLength(1)
  })

  test('hangs up where it is not told of events, so that no conversation is left open', async () => {
    const refusal = new XdrWriter().i32(1).i32(0).optionalText('no events here')
    const { options, calls } = await aLibvirt({ [procedures.eventRegister]: { status: 1, body: refusal } })
    const session = await opened(options)
    const following = lifecycleOf(session)(() => {})
    await expect(session.connection()).rejects.toMatchObject({ kind: 'unavailable' })
    following.stop()
    await vi.waitFor(() => expect(calls.some(({ procedure }) => procedure === procedures.connectClose)).toBe(true))
  })
})
