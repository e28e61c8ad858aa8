import { parseArgs } from 'node:util'
import { curlOf, fuzz } from './fuzz/run.ts'

/**
 * Fires requests that are wrong in every way at a running service, out of the OpenAPI document it serves, and fails when an answer is a
 * defect, not in the service's dialect, not what the document promises, without a request id, or lets something out.
 *
 *     node conformance/fuzz.ts --url http://127.0.0.1:5000 --token "$TOKEN" --requests 100000 [--seed 1] [--from 0] [--clients 8] [--allow 503]
 *
 * Give it a token of a cloud you can throw away. A failure is replayed with `--seed S --from N --requests 1`, or by its curl line.
 */
const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    token: { type: 'string' },
    requests: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    clients: { type: 'string', default: '8' },
    allow: { type: 'string', multiple: true, default: [] },
  },
})
if (!values.url || !values.token) {
  console.error('Say where: --url http://127.0.0.1:5000 --token TOKEN')
  process.exit(2)
}

const began = performance.now()
const report = await fuzz({
  url: values.url,
  token: values.token,
  requests: Number(values.requests),
  seed: Number(values.seed),
  from: Number(values.from),
  clients: Number(values.clients),
  allowed: values.allow.map(Number),
})
const seconds = (performance.now() - began) / 1000
const kinds = Map.groupBy(
  report.failures,
  ({ complaint, shot }) => `${shot.operation?.method ?? shot.method} ${shot.operation?.path ?? 'elsewhere'} ${complaint}`,
)
for (const [kind, [first, ...more]] of kinds) {
  if (!first) continue
  console.log(`\n${kind}${more.length > 0 ? `, ${more.length + 1} times` : ''} (--seed ${values.seed} --from ${first.number})`)
  console.log(`  ${curlOf(values.url, first.shot)}`)
  if (first.text !== '') console.log(`  ${first.text}`)
}
const statuses = Object.entries(report.byStatus).map(([status, count]) => `${status}: ${count}`)
console.log(
  `\n${report.service}: ${report.requests} requests in ${seconds.toFixed(1)} s (${Math.round(report.requests / seconds)} a second), seed ${values.seed}`,
)
console.log(`${report.reached} of ${report.operations} operations answered with success; ${statuses.join(', ')}`)
console.log(`${report.failures.length} failures of ${kinds.size} kinds`)
process.exitCode = report.failures.length > 0 || report.requests === 0 ? 1 : 0
