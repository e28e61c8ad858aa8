import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Clock } from '@kilonova/platform/clock.ts'
import { inNamespace } from './run.ts'

const againMs = 1_000

/** Calls `run` for each change of a device that may be of ours, as the kernel tells it. The teller is begun again when it ends. */
export function followLinks(
  { clock, hostNamespace }: { readonly clock: Clock; readonly hostNamespace?: string | undefined },
  run: () => void,
): { stop(): void } {
  let isOn = true
  let stopChild = () => {}
  const begin = () => {
    if (!isOn) return
    const [command, args] = inNamespace(hostNamespace, 'ip', ['-o', 'monitor', 'link'])
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    stopChild = () => child.kill('SIGTERM')
    createInterface({ input: child.stdout }).on('line', line => {
      if (/\d+: (tap|brq|vxlan-)/.test(line)) run()
    })
    child.once('error', () => {})
    child.once('close', () => {
      if (isOn) clock.after(againMs, begin)
    })
  }
  begin()
  return {
    stop: () => {
      isOn = false
      stopChild()
    },
  }
}
