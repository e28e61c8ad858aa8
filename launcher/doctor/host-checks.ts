import { aptLine, missingPackages, neededFor, recommended } from '../packages.ts'
import { sourceDir } from '../places.ts'
import { portOwner } from '../port-owner.ts'
import { openingsHere } from '../settings.ts'
import { type Check, fail, gib, ok, warn } from './check.ts'

export const nodeVersion: Check = {
  name: 'node',
  run: ({ host }) => {
    const major = Number.parseInt(host.nodeVersion, 10)
    return [
      major >= 24
        ? ok(`Node ${host.nodeVersion}`)
        : fail(`Node ${host.nodeVersion}; 24 is the least`, 'start it with ./kilonova, which brings its own'),
    ]
  },
}

export const rights: Check = {
  name: 'rights',
  run: ({ host, places }) => {
    const closed = [places.home, places.logs, places.etc].filter(dir => !host.mayWrite(dir))
    if (closed.length > 0)
      return [fail(`${closed.join(', ')} cannot be written`, 'run as root, or choose a directory of your own with --home DIR')]
    return [host.isRoot ? ok('root') : warn('not root: no guests, no networks', 'run as root to have them')]
  },
}

export const installedPackages: Check = {
  name: 'packages',
  run: ({ host, services }) => {
    if (!host.exists('/var/lib/dpkg/status'))
      return [warn('no Debian: packages were not looked for', 'install QEMU, libvirt, iproute2, nftables and dnsmasq')]
    const missing = missingPackages(host, neededFor(services))
    const client = missingPackages(host, recommended)
    return [
      missing.length === 0
        ? ok(`all ${neededFor(services).length} are there`)
        : fail(`missing: ${missing.map(({ name }) => name).join(', ')}`, aptLine(missing)),
      ...(client.length > 0 ? [warn('the openstack command is not there', aptLine(client))] : []),
    ]
  },
}

export const freePorts: Check = {
  name: 'ports',
  run: ({ host, places, settings, services, home }) => {
    const doors = openingsHere(settings, services)
    const taken = doors.flatMap(({ name, port }) => {
      const owner = portOwner(host, port)
      return owner && (owner.pid === undefined || !home.pids.includes(owner.pid))
        ? [fail(`${port} (${name}) is in use by ${owner.name}`, `stop it, or: kilonova config set${places.hint} ports.${name} PORT`)]
        : []
    })
    if (doors.length === 0) return [ok('none needed')]
    return taken.length > 0
      ? taken
      : [ok(`${[...new Set(doors.map(({ port }) => port))].join(' ')}: ${!home.isRunning ? 'free' : "free, or the cloud's"}`)]
  },
}

export const diskSpace: Check = {
  name: 'disk',
  run: ({ host, places }) => {
    const free = host.freeBytes(places.home)
    if (free === undefined) return [warn(`the space at ${places.home} is unknown`, `df -h ${places.home}`)]
    if (free < 2 * 2 ** 30)
      return [fail(`${gib(free)} free at ${places.home}; 2 GiB is the least`, `free some, or put the home elsewhere with --home DIR`)]
    return [
      free < 10 * 2 ** 30
        ? warn(`${gib(free)} free at ${places.home}: few guests will fit`, 'put the home on a larger disk with --home DIR')
        : ok(`${gib(free)} free at ${places.home}`),
    ]
  },
}

export const memory: Check = {
  name: 'memory',
  run: ({ host }) => {
    const size = gib(host.memoryBytes)
    if (host.memoryBytes < 900 * 2 ** 20)
      return [warn(`${size}: the control plane alone wants 1 GiB`, 'start fewer services: kilonova up --only keystone,glance')]
    return [ok(`${size}, ${host.processors} processor${host.processors === 1 ? '' : 's'}`)]
  },
}

/** Tokens and certificates expire by the clock, and hosts are compared by it. */
export const time: Check = {
  name: 'time',
  run: async ({ host, clock }) => {
    const now = clock.now()
    const written = host.stat(`${sourceDir}/package.json`)?.modifiedMs ?? 0
    const shown = new Date(now).toISOString().slice(0, 19)
    if (now < written - 60_000)
      return [fail(`it is ${shown}, before this program was written`, 'set the clock: date -s, or install chrony')]
    const chrony = host.exists('/run/chrony/chronyd.sock') || host.exists('/run/chrony/chronyd.pid')
    const ran = chrony ? await host.run('chronyc', ['-c', 'tracking'], { timeoutMs: 3_000 }) : { code: 127, out: '' }
    const skew = ran.code === 0 ? Math.abs(Number(ran.out.split(',')[4])) : undefined
    if (skew === undefined || Number.isNaN(skew)) return [ok(`${shown} UTC; one host has nobody to agree with`)]
    return [
      skew > 1 ? warn(`the clock is ${skew.toFixed(1)} s off`, 'chronyc makestep') : ok(`${shown} UTC, ${(skew * 1000).toFixed(1)} ms off`),
    ]
  },
}
