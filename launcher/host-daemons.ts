import type { Host } from './host.ts'

const daemons = [
  { name: 'virtlogd', socket: '/run/libvirt/virtlogd-sock' },
  { name: 'libvirtd', socket: '/run/libvirt/libvirt-sock' },
] as const

/** Starts what the host lacks: through systemd where it runs the machine, by hand where it does not. What went wrong, or nothing. */
export async function startHostDaemons(host: Host, say: (line: string) => void): Promise<string | undefined> {
  for (const { name, socket } of daemons) {
    if (host.exists(socket) && isRunning(host, name)) continue
    if (!host.isRoot) return `${name} does not run. Start it as root: ${hasSystemd(host) ? `systemctl start ${name}` : `${name} -d`}`
    say(`Starting ${name}`)
    const ran = hasSystemd(host) ? await host.run('systemctl', ['start', name]) : await host.run(name, ['-d'])
    if (ran.code !== 0) return `${name} could not be started: ${ran.err.trim().split('\n').at(-1) ?? `exit code ${ran.code}`}`
  }
  return undefined
}

export const hasSystemd = (host: Host) => host.exists('/run/systemd/system')

/** With systemd a socket may stand for a daemon that begins when it is asked. */
const isRunning = (host: Host, name: string) =>
  hasSystemd(host) || host.list('/proc').some(pid => /^\d+$/.test(pid) && host.readText(`/proc/${pid}/comm`)?.trim() === name)
