import { Command } from 'commander'
import { type Globals, rightsOf } from './globals.ts'

/** Every command on one page; what each runs is loaded when it is asked for. */
export function program(): Command {
  const kilonova = new Command('kilonova')
    .description("A private cloud in one program that speaks OpenStack's APIs.")
    .option('--home <dir>', 'keep everything below this directory (also KILONOVA_HOME)')
    .option('--set <section.key=value>', 'an option, above all files; may be repeated', collect, [])
    .showHelpAfterError('(kilonova --help lists the commands)')
    .helpCommand(true)
  const globals = (): Globals => rightsOf(kilonova.opts())
  const command = (name: string, about: string, parent: Command = kilonova) =>
    parent.command(name).description(about).optionsGroup('Options:')

  command('up', 'start the cloud and wait until it serves')
    .option('--only <services>', 'only these services, with commas')
    .option('--daemons <daemons>', 'only these daemons of them, with commas; the others run elsewhere')
    .option('--one-port <port>', 'serve everything on one port, each service below its path')
    .option('--port-base <port>', "the identity service's port; all others keep their distance to it")
    .option('--foreground', 'stay on this terminal')
    .option('--no-install', 'do not install missing packages of the host')
    .action(async wish => end(await (await import('./verbs/up.ts')).runUp(globals(), wish)))
  command('run <daemons...>', 'one daemon, nova-scheduler for instance, on this terminal, beside others of this home').action(async names =>
    end(await (await import('./verbs/run.ts')).runDaemons(globals(), names)),
  )
  command('unit [daemons...]', 'a systemd unit for the cloud, or for these daemons of it').action(async names =>
    end(await (await import('./verbs/unit.ts')).printUnit(globals(), names)),
  )
  command('down', 'end the cloud').action(async () => end(await (await import('./verbs/down.ts')).runDown(globals())))
  command('status', 'what serves, and how it is').action(async () => end(await (await import('./verbs/status.ts')).status(globals())))
  command('logs [daemon]', 'the last lines of the log, of one daemon or of all')
    .option('-f, --follow', 'go on as lines come')
    .option('-n, --lines <count>', 'how many lines', '50')
    .option('--json', 'the lines as they are kept')
    .action(async (daemon, wish) => end(await (await import('./verbs/logs.ts')).logs(globals(), daemon, wish)))
  command('openrc [person]', 'what a shell sources: . <(kilonova openrc admin)').action(async (person = 'admin') =>
    end(await (await import('./verbs/openrc.ts')).printOpenrc(globals(), person)),
  )
  command('doctor', 'look at this machine and say what is missing').action(async () =>
    end(await (await import('./verbs/doctor.ts')).runDoctor(globals())),
  )
  command('trace <request-id>', "a request's way through the daemons").action(async id =>
    end(await (await import('./verbs/trace.ts')).trace(globals(), id)),
  )
  const net = command('net', 'networks as they are')
  command('trace <words...>', "follow a packet: 'vm1 -> vm2:80', 'vm1 -> 8.8.8.8', 'vm1 -> outside:443', 'vm1 -> dhcp'", net)
    .option('--protocol <name>', 'tcp, udp or icmp; tcp when a port is named, or else icmp')
    .option('-6', 'by IPv6, where both ends have both')
    .option('--probe', 'also send real packets to both ends')
    .option('--json', 'what was found, as data')
    .action(async (words, wish) => end(await (await import('./verbs/net-trace.ts')).netTrace(globals(), words, wish)))
  command('verify', 'whether databases, placement, guests, their files and networks agree')
    .option('--repair', 'set right what can be set right without harm')
    .action(async wish => end(await (await import('./verbs/verify.ts')).runVerify(globals(), wish)))
  const tasks = command('tasks', 'work that has not ended').action(async () =>
    end(await (await import('./verbs/tasks.ts')).listTasks(globals())),
  )
  command('retry <id>', 'let a parked task go on', tasks).action(async id =>
    end(await (await import('./verbs/tasks.ts')).retryTask(globals(), id)),
  )
  command('reset', 'throw everything this cloud keeps away')
    .option('--yes', 'do not ask')
    .action(async wish => end(await (await import('./verbs/reset.ts')).reset(globals(), wish)))
  command('version', 'which version this is').action(async () => end(await (await import('./verbs/version.ts')).version()))

  const config = command('config', 'the configuration')
  command('import <files...>', 'take over files written for OpenStack, and say what becomes of every key', config)
    .option('--dry-run', 'write nothing')
    .action(async (files, wish) => end(await (await import('./verbs/config.ts')).importFiles(globals(), files, wish)))
  command('set <option> <value>', 'set section.key in the configuration file', config).action(async (option, value) =>
    end(await (await import('./verbs/config.ts')).setOption(globals(), option, value)),
  )
  command('show', 'every option with its value and where it was said', config)
    .option('--all', 'also what is at its default')
    .action(async wish => end(await (await import('./verbs/config.ts')).showConfig(globals(), wish)))

  const db = command('db', 'the databases')
  command('sync [service]', 'bring the tables up to date', db).action(async service =>
    end(await (await import('./verbs/database.ts')).sync(globals(), service)),
  )

  command('manage <tool> [words...]', 'the verbs of nova-manage, keystone-manage and the like')
    .allowUnknownOption()
    .helpOption(false)
    .action(async (tool, words) => end(await (await import('./verbs/manage.ts')).manage(globals(), tool, words)))
  command('test [files...]', 'run the tests')
    .option('--no-install', 'do not install missing packages of the host')
    .option('--project <name>', 'unit or world; without it both')
    .action(async (files, wish) => end(await (await import('./verbs/develop.ts')).runTests(files, wish)))
  command('check', 'types, floors, style').action(async () => end(await (await import('./verbs/develop.ts')).runChecks()))
  return kilonova
}

const collect = (value: string, before: readonly string[]) => [...before, value]

/** The exit code; the process ends when nothing is left to do. */
const end = (code: number) => {
  process.exitCode = code
}
