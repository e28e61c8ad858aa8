import { spawn } from 'node:child_process'
import type { Server } from 'node:net'
import { join } from 'node:path'
import { inNamespace } from '../run.ts'

const opener = join(import.meta.dirname, 'listener.ts')

/** A listening socket in a namespace, opened by a short-lived process of our own there. */
export function listenIn(namespace: string, address: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const [command, args] = inNamespace(namespace, process.execPath, [opener, address, `${port}`])
    const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    let complaint = ''
    child.stderr?.setEncoding('utf8').on('data', text => (complaint += text))
    child.once('message', (message: { failed?: string }, handle) => {
      // Only now may it end: a handle on its way belongs to nobody.
      if (child.connected) child.disconnect()
      if (handle && 'listen' in handle) return resolve(handle as Server)
      reject(new Error(`no socket at ${address}:${port} in ${namespace}: ${message.failed ?? 'none was handed over'}`))
    })
    child.once('error', reject)
    child.once('exit', code => {
      if (code !== 0) reject(new Error(`no socket at ${address}:${port} in ${namespace}: ${complaint.trim() || `exit code ${code}`}`))
    })
  })
}
