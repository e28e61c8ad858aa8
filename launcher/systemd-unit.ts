import type { Host } from './host.ts'

export interface UnitWish {
  /** The launcher's shell, `/opt/kilonova/kilonova`. */
  readonly program: string
  /** With a home of its own. */
  readonly home?: string | undefined
  /** Those that are one process; none for the cloud as a whole. */
  readonly daemons: readonly string[]
}

/**
 * The unit under which systemd runs a cloud or some of its daemons. Only the main process is killed: what it started on the host, such as DHCP
 * servers, goes on serving guests until the next start takes it over; guests are libvirt's, in scopes of their own. A clean end, which
 * `kilonova down` asks for as well, is no failure, and so nothing is started again behind it.
 */
export function systemdUnit({ program, home, daemons }: UnitWish): string {
  const verb = daemons.length === 0 ? ['up', '--foreground', '--no-install'] : ['run', ...daemons]
  const command = [program, ...(home === undefined ? [] : ['--home', home]), ...verb].map(quoted).join(' ')
  return `[Unit]
Description=Kilonova ${daemons.length === 0 ? 'private cloud' : daemons.join(', ')}
Wants=network-online.target
After=network-online.target ${before.join(' ')}

[Service]
Type=notify
NotifyAccess=all
ExecStart=${command}
Restart=on-failure
RestartSec=2
KillMode=process
TimeoutStartSec=15min
TimeoutStopSec=60
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
`
}

/** What may run on the same machine and is better there first; what is not installed is passed over. */
const before = ['virtlogd.service', 'libvirtd.service', 'rabbitmq-server.service', 'mariadb.service', 'postgresql.service']

/** As systemd reads it: `%` and `$` are its own signs. */
const quoted = (word: string) => {
  const safe = word.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[\w@%+=:,./$-]+$/.test(safe) ? safe : `"${safe.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** A service manager that started this process and wants to know is told that it serves. */
export async function tellServiceManager(environment: Readonly<Record<string, string | undefined>>, host: Pick<Host, 'run'>) {
  if (environment['NOTIFY_SOCKET']) await host.run('systemd-notify', ['--ready'])
}
