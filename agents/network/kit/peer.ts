import { execFile, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { connect, createServer, type Socket } from 'node:net'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { Answer, Question, Transport } from './question.ts'

/**
 * What a guest runs who talks to others: it is told question by question, by its parent who started it in the guest's namespace, or over the
 * serial line of a machine. One process opens hundreds of connections, where a program for each of them would take the time of the test.
 */
const taken = new Map<number, { bytes: number; packets: number }>()
const connections: Socket[] = []
const started: { bytes: number }[] = []

const failsQuietly = (socket: Socket) => socket.on('error', () => {})

const listening = (over: Transport, port: number, take: (socket: Socket) => void, datagram: (bytes: Buffer, back: () => void) => void) =>
  new Promise<true>((resolve, reject) => {
    if (over === 'tcp') {
      const server = createServer(socket => take(failsQuietly(socket)))
      server.once('error', reject).listen(port, '::', () => resolve(true))
      return
    }
    const socket = createSocket('udp6').once('error', reject)
    socket.on('message', (bytes, from) => datagram(bytes, () => socket.send(bytes, from.port, from.address, () => {})))
    socket.bind(port, '::', () => resolve(true))
  })

const echo = (over: Transport, port: number) =>
  listening(
    over,
    port,
    socket => socket.pipe(socket),
    (_, back) => back(),
  )

function sink(over: Transport, port: number): Promise<true> {
  const count = { bytes: 0, packets: 0 }
  taken.set(port, count)
  const take = (bytes: Buffer) => {
    count.bytes += bytes.length
    count.packets++
  }
  // Whoever copies ends its half when all is said, and then waits for the other half to end.
  return listening(over, port, socket => socket.on('data', take).on('end', () => socket.end()), take)
}

/** Ends by itself after a while: silence is what a filter answers with. */
const within = <T>(limitMs: number, late: T, work: (settle: (result: T) => void) => void): Promise<T> =>
  new Promise(resolve => {
    const timer = setTimeout(() => resolve(late), limitMs)
    work(result => {
      clearTimeout(timer)
      resolve(result)
    })
  })

const reach = ({ over, address, port, from, limitMs }: Extract<Question, { what: 'reach' }>): Promise<boolean> =>
  within(limitMs, false, settle => {
    if (over === 'tcp') {
      const socket = connect({ host: address, port, localAddress: from }, () => socket.write('?'))
      socket.on('error', () => settle(false)).on('data', () => settle(true))
      setTimeout(() => socket.destroy(), limitMs)
      return
    }
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4').on('error', () => settle(false))
    socket.on('message', () => settle(true))
    socket.bind({ port: 0, address: from }, () => socket.send('?', port, address, () => {}))
    setTimeout(() => socket.close(), limitMs)
  })

const open = ({ address, port, limitMs }: Extract<Question, { what: 'open' }>): Promise<number> =>
  within(limitMs, -1, settle => {
    const socket = failsQuietly(connect(port, address, () => settle(connections.push(socket) - 1)))
  })

const say = (connection: number, limitMs: number): Promise<boolean> =>
  within(limitMs, false, settle => {
    const socket = connections[connection]
    socket?.once('data', () => settle(true))
    socket?.write('!')
  })

async function shoot({ address, port, bytes, count }: Extract<Question, { what: 'shoot' }>): Promise<number> {
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  const one = Buffer.alloc(bytes)
  let sent = 0
  for (let at = 0; at < count; at++)
    await new Promise<void>(resolve => socket.send(one, port, address, error => resolve(void (error ?? sent++))))
  socket.close()
  return sent
}

const copy = ({ address, port, bytes }: Extract<Question, { what: 'copy' }>): Promise<number> =>
  new Promise((resolve, reject) => {
    const begun = performance.now()
    const chunk = Buffer.alloc(65_536)
    let left = bytes
    const socket = connect({ host: address, port, allowHalfOpen: true }, () => push())
    const push = () => {
      while (left > 0) {
        const some = left >= chunk.length ? chunk : chunk.subarray(0, left)
        left -= some.length
        if (!socket.write(some)) return
      }
      socket.end()
    }
    socket
      .on('drain', push)
      .on('error', reject)
      .on('end', () => resolve(performance.now() - begun))
      .resume()
  })

const execute = promisify(execFile)
const run = async ({ program, args }: Extract<Question, { what: 'run' }>): Promise<string> => (await execute(program, args)).stdout

function start({ program, args }: Extract<Question, { what: 'start' }>): Promise<number> {
  const count = { bytes: 0 }
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
  child.stdout.on('data', (some: Buffer) => (count.bytes += some.length))
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('spawn', () => resolve(started.push(count) - 1))
  })
}

function answer(question: Question): Promise<unknown> {
  switch (question.what) {
    case 'echo':
      return echo(question.over, question.port)
    case 'sink':
      return sink(question.over, question.port)
    case 'taken':
      return Promise.resolve(taken.get(question.port))
    case 'reach':
      return reach(question)
    case 'open':
      return open(question)
    case 'say':
      return say(question.connection, question.limitMs)
    case 'shoot':
      return shoot(question)
    case 'copy':
      return copy(question)
    case 'run':
      return run(question)
    case 'start':
      return start(question)
    case 'printed':
      return Promise.resolve(started[question.started]?.bytes)
  }
}

const overLine = process.send === undefined
const tell = (what: Answer) => (overLine ? process.stdout.write(`${JSON.stringify(what)}\n`) : process.send?.(what))

function asked({ id, question }: { id: number; question: Question }): void {
  answer(question).then(
    found => tell({ id, found }),
    error => tell({ id, failed: String(error) }),
  )
}

process.once('disconnect', () => process.exit(0))
process.on('message', asked)
if (overLine) createInterface({ input: process.stdin }).on('line', line => asked(JSON.parse(line)))
tell({ ready: true })
