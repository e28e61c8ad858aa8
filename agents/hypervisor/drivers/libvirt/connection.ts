import { connect, type Socket } from 'node:net'
import type { Clock, Timer } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { ConnectionLost, readError } from './rpc/errors.ts'
import { kinds, type Packet, packetCutter, programs, statuses, writePacket } from './rpc/packets.ts'
import { keepaliveProcedures, procedures } from './rpc/procedures.ts'
import { XdrReader, XdrWriter } from './rpc/xdr.ts'

/**
 * One conversation with libvirtd over its socket. Calls may overlap: each has a serial, a deadline and its own answer. Once the socket
 * is closed, for whatever reason, it stays closed; `session.ts` opens the next one.
 */
export interface Connection {
  call<T>(procedure: number, body: XdrWriter, read: (reader: XdrReader) => T, deadlineMs?: number): Promise<T>
  /** Calls `run` with the body of every message of this procedure that nobody asked for. */
  onMessage(procedure: number, run: (reader: XdrReader) => void): void
  /** Resolves, never rejects, with what ended the conversation. */
  readonly ended: Promise<Error>
  close(): Promise<void>
}

export interface ConnectionOptions {
  readonly socketPath: string
  readonly uri: string
  readonly clock: Clock
  readonly log: Log
  /** How long a call may take unless it says otherwise. */
  readonly deadlineMs?: number | undefined
  /** How often the other side is asked for a sign of life; two missed signs end the conversation. */
  readonly keepaliveMs?: number | undefined
}

interface Waiting {
  answer(packet: Packet): void
  fail(error: Error): void
}

export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  const socket = await openSocket(options)
  const connection = converse(socket, options)
  try {
    await connection.call(procedures.authList, new XdrWriter(), reader => reader.list(() => reader.i32()))
    await connection.call(procedures.connectOpen, new XdrWriter().optionalText(options.uri).u32(0), () => undefined)
    return connection
  } catch (error) {
    socket.destroy()
    throw error
  }
}

function openSocket({ socketPath, clock }: ConnectionOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath)
    const timer = clock.after(10_000, () => socket.destroy(new Error('no answer')))
    socket.once('connect', () => {
      timer.stop()
      resolve(socket)
    })
    socket.once('error', error => {
      timer.stop()
      reject(new ConnectionLost(`libvirt's socket ${socketPath} cannot be opened: ${error.message}`, error))
    })
  })
}

function converse(socket: Socket, options: ConnectionOptions): Connection {
  const { clock, log, deadlineMs = 30_000 } = options
  const waiting = new Map<number, Waiting>()
  const listeners = new Map<number, (reader: XdrReader) => void>()
  let serial = 0
  let over: Error | undefined
  let reason: unknown

  const send = (packet: Packet) => socket.write(writePacket(packet))
  const life = keepAlive(socket, options)

  const { promise: ended, resolve: end } = Promise.withResolvers<Error>()
  const cut = packetCutter(packet => {
    life.seen()
    if (packet.program === programs.keepalive) {
      if (packet.procedure === keepaliveProcedures.ping) send(keepalivePacket(keepaliveProcedures.pong))
    } else if (packet.kind === kinds.reply) waiting.get(packet.serial)?.answer(packet)
    else if (packet.kind === kinds.message) deliver(listeners.get(packet.procedure), packet, log)
  })
  socket.removeAllListeners('error')
  socket.on('error', error => {
    reason = error
  })
  socket.on('data', chunk => {
    try {
      cut(chunk)
    } catch (error) {
      reason = error
      socket.destroy()
    }
  })
  socket.on('close', () => {
    life.stop()
    const lost = new ConnectionLost('the connection to libvirt is closed', reason)
    over = lost
    for (const call of [...waiting.values()]) call.fail(lost)
    end(lost)
  })

  const call: Connection['call'] = (procedure, body, read, limitMs = deadlineMs) => {
    if (over) return Promise.reject(over)
    serial = (serial % 0xffff_fffe) + 1
    const mine = serial
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        timer.stop()
        waiting.delete(mine)
        act()
      }
      const timer = clock.after(limitMs, () =>
        settle(() => reject(new ConnectionLost(`libvirt did not answer procedure ${procedure} within ${limitMs} ms`))),
      )
      waiting.set(mine, {
        fail: error => settle(() => reject(error)),
        answer: packet =>
          settle(() => {
            if (packet.status === statuses.error) return reject(readError(packet.body))
            try {
              resolve(read(new XdrReader(packet.body)))
            } catch (error) {
              reject(error)
            }
          }),
      })
      send({ program: programs.remote, procedure, kind: kinds.call, serial: mine, status: statuses.ok, body: body.bytes() })
    })
  }

  return {
    call,
    onMessage: (procedure, run) => void listeners.set(procedure, run),
    ended,
    close: async () => {
      if (over) return
      await call(procedures.connectClose, new XdrWriter(), () => undefined, 2_000).catch(() => {})
      socket.destroy()
      await ended
    },
  }
}

/** A listener's defect is its own: the conversation goes on. */
function deliver(run: ((reader: XdrReader) => void) | undefined, packet: Packet, log: Log): void {
  try {
    run?.(new XdrReader(packet.body))
  } catch (error) {
    log.error('an event of libvirt could not be understood', { procedure: packet.procedure, error })
  }
}

/** Any packet is a sign of life; silence is answered with a ping, and two silent intervals with hanging up. */
function keepAlive(socket: Socket, { clock, keepaliveMs = 15_000 }: ConnectionOptions): { seen(): void; stop(): void } {
  let silent = 0
  let timer: Timer
  const tick = () => {
    if (silent >= 2) return void socket.destroy(new Error(`no sign of life for ${silent * keepaliveMs} ms`))
    silent++
    socket.write(writePacket(keepalivePacket(keepaliveProcedures.ping)))
    timer = clock.after(keepaliveMs, tick)
  }
  timer = clock.after(keepaliveMs, tick)
  return {
    seen: () => {
      silent = 0
    },
    stop: () => timer.stop(),
  }
}

const keepalivePacket = (procedure: number): Packet => ({
  program: programs.keepalive,
  procedure,
  kind: kinds.message,
  serial: 0,
  status: statuses.ok,
  body: Buffer.alloc(0),
})
