import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { createReadStream, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { imageOptions, openImage } from '@kilonova/image/main.ts'
import { systemChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'

/**
 * How fast an image comes in and goes out, and what memory that takes, beside what the machine's own tools need for the same in the same
 * run: `dd` with a sync, `md5sum` and `sha512sum` of the same file. The service is a process of its own.
 *
 *     node bench/image-throughput.ts [--mib 2048]
 */
const admin = {
  validate: async () =>
    ({
      user: { id: 'u', name: 'u', domain: { id: 'default', name: 'Default' } },
      scope: { kind: 'project', project: { id: 'p', name: 'p', domain: { id: 'default', name: 'Default' } } },
      roles: ['admin', 'member', 'reader'].map(name => ({ id: name, name })),
    }) as never,
}

async function serve(dir: string) {
  const flags = [`glance_store.filesystem_store_datadir=${dir}/images`]
  const { values: settings } = readConfig(imageOptions, readSources({ files: [], dirs: [], environment: {}, flags }))
  const service = await openImage({
    databaseUrl: 'sqlite://',
    tokens: admin,
    settings,
    homeDir: dir,
    host: 'bench',
    clock: systemClock,
    chance: systemChance,
    log: silentLog,
  })
  const server = createServer(service.answer)
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
}

interface Sent {
  readonly method: string
  readonly path: string
  readonly body?: NodeJS.ReadableStream | string
  readonly headers?: Record<string, string | number>
}

/** Sends, and counts or collects what comes back. */
function ask(port: number, { method, path, body, headers = {} }: Sent): Promise<{ status: number; bytes: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asking = request({ port, host: '127.0.0.1', method, path, headers: { 'x-auth-token': 't', ...headers } }, answer => {
      let bytes = 0
      let text = ''
      answer.on('data', (part: Buffer) => {
        bytes += part.length
        if (bytes < 100_000) text += part.toString('latin1')
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, bytes, text }))
    })
    asking.on('error', reject)
    if (typeof body === 'string' || body === undefined) asking.end(body)
    else body.pipe(asking)
  })
}

async function timed(work: () => unknown): Promise<number> {
  const began = performance.now()
  await work()
  return (performance.now() - began) / 1000
}

const peakMib = ({ pid }: ChildProcess) =>
  Math.round(Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)

async function measure(mib: number) {
  const dir = mkdtempSync(join(tmpdir(), 'kilonova-bench-'))
  const file = join(dir, 'source')
  const child = fork(fileURLToPath(import.meta.url), ['--serve', dir])
  try {
    const port = await new Promise<number>(resolve => child.once('message', message => resolve(message as number)))
    execFileSync('dd', ['if=/dev/urandom', `of=${file}`, 'bs=1M', `count=${mib}`, 'status=none'])
    const idleMib = peakMib(child)
    const dd = await timed(() => execFileSync('dd', [`if=${file}`, `of=${dir}/copy`, 'bs=1M', 'conv=fsync', 'status=none']))
    rmSync(`${dir}/copy`)
    const md5 = await timed(() => execFileSync('md5sum', [file]))
    const sha512 = await timed(() => execFileSync('sha512sum', [file]))
    const say = (what: string, seconds: number) =>
      console.log(`${what.padEnd(34)} ${seconds.toFixed(2).padStart(7)} s ${(mib / seconds).toFixed(0).padStart(6)} MiB/s`)
    say('dd, synced', dd)
    say('md5sum', md5)
    say('sha512sum', sha512)
    say('the three, one after the other', dd + md5 + sha512)

    const json = { 'content-type': 'application/json' }
    const { text } = await ask(port, {
      method: 'POST',
      path: '/v2/images',
      body: JSON.stringify({ disk_format: 'raw', container_format: 'bare' }),
      headers: json,
    })
    const path = `/v2/images/${JSON.parse(text).id}/file`
    const size = statSync(file).size
    const headers = { 'content-type': 'application/octet-stream', 'content-length': size }
    const upload = await timed(async () => {
      const { status } = await ask(port, { method: 'PUT', path, body: createReadStream(file, { highWaterMark: 2 ** 20 }), headers })
      if (status !== 204) throw new Error(`the upload was answered ${status}`)
    })
    say('upload: kept, synced, both hashes', upload)
    console.log(`${'  of the three'.padEnd(34)} ${(((dd + md5 + sha512) / upload) * 100).toFixed(0).padStart(7)} %`)
    const download = await timed(async () => {
      const { bytes } = await ask(port, { method: 'GET', path })
      if (bytes !== size) throw new Error(`${bytes} of ${size} bytes came`)
    })
    say('download', download)
    console.log(`peak memory of the service: ${peakMib(child)} MiB, ${idleMib} MiB before any data`)
  } finally {
    child.kill()
    rmSync(dir, { recursive: true, force: true })
  }
}

const flag = (name: string) => process.argv[process.argv.indexOf(name) + 1]
if (process.argv.includes('--serve')) await serve(flag('--serve') ?? '')
else await measure(process.argv.includes('--mib') ? Number(flag('--mib')) : 2048)
