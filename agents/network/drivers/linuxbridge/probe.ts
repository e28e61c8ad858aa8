import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { parseAddress, versionOf } from '../../contract/addresses.ts'
import { dhcpDeviceOf, dhcpNamespaceOf, gatewayDeviceOf, routerDeviceOf, routerNamespaceOf } from '../../contract/names.ts'
import type { ProbeAnswer, ProbeWish } from '../../contract/observation.ts'
import { linksIn, namespaceNames } from './look.ts'
import { type Run, RunFailed } from './run.ts'

/** One question from a namespace of ours: an echo, or on the link whether anybody has the address. A host has ping of one kind or another. */
export async function probeFrom(run: Run, clock: Clock, wish: ProbeWish): Promise<ProbeAnswer> {
  const { from, to, deadlineMs, isNeighbour = false } = wish
  const namespace = 'networkId' in from ? dhcpNamespaceOf(from.networkId) : routerNamespaceOf(from.routerId)
  if (parseAddress(to) === undefined) throw new Refusal('invalid', `${to} is no address.`)
  if (!(await namespaceNames()).includes(namespace)) throw new Refusal('not-found', `There is no namespace ${namespace} on this host.`)
  const waitS = `${Math.max(1, Math.ceil(deadlineMs / 1000))}`
  const device = isNeighbour && versionOf(to) === 4 ? await deviceIn(run, namespace, wish.portId) : undefined
  const begun = clock.monotonic()
  for (const [program, words] of device === undefined ? echoes(to, waitS) : [arp(device, to, waitS)]) {
    try {
      await run(program, words, { namespace, deadlineMs: deadlineMs + 1_000 })
      return { answered: true, tookMs: Math.round(clock.monotonic() - begun) }
    } catch (error) {
      const isMissing = error instanceof RunFailed && (error.exitCode === 127 || /No such file|ENOENT/.test(error.message))
      if (!isMissing) return { answered: false }
    }
  }
  throw new Refusal('unavailable', `This host has no ${device === undefined ? 'ping' : 'arping'}.`)
}

type Words = readonly [program: string, args: readonly string[]]

function echoes(to: string, waitS: string): readonly Words[] {
  const args = ['-c', '1', '-W', waitS, to]
  return [
    ['ping', args],
    ['busybox', [to.includes(':') ? 'ping6' : 'ping', ...args]],
  ]
}

const arp = (device: string, to: string, waitS: string): Words => ['arping', ['-q', '-f', '-c', waitS, '-w', waitS, '-I', device, to]]

/** The port's device, whatever kind it is of; without a port the first there is. */
async function deviceIn(run: Run, namespace: string, portId: string | undefined): Promise<string> {
  const names = [...(await linksIn(run, namespace)).keys()].filter(name => name !== 'lo')
  const wanted = portId === undefined ? names : [routerDeviceOf(portId), gatewayDeviceOf(portId), dhcpDeviceOf(portId)]
  const found = names.find(name => wanted.includes(name))
  if (found === undefined) throw new Refusal('not-found', `There is no device in ${namespace} to ask from.`)
  return found
}
