import { runCloud } from './run-cloud.ts'

/** The process a cloud is: `node launcher/daemon.ts '{"home": "/srv/cloud", "flags": []}'`. It has no command line of its own. */
await runCloud(JSON.parse(process.argv[2] ?? '{}'))
