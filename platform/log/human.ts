/** A line of the log as a person reads it: `12:00:01.123 WARN  nova-api  host is slow  host=node1 [req-...]`. */
export function humanLine(line: string, colour: boolean): string {
  const { time, level, daemon, msg, request_id, pid, error, ...fields } = JSON.parse(line) as Record<string, unknown>
  const paint = (code: number, words: string) => (colour ? `\u001b[${code}m${words}\u001b[0m` : words)
  const shade = { debug: 90, info: 36, warn: 33, error: 31 }[String(level)] ?? 0
  const said = [
    paint(90, String(time).slice(11, 23)),
    paint(shade, String(level).toUpperCase().padEnd(5)),
    paint(90, String(daemon).padEnd(14)),
    String(msg),
    ...Object.entries(fields).map(
      ([key, value]) => `${paint(90, `${key}=`)}${typeof value === 'string' ? quoteWhereNeeded(value) : JSON.stringify(value)}`,
    ),
    ...(request_id === undefined ? [] : [paint(90, `[${String(request_id)}]`)]),
  ]
  return `${said.join(' ')}${stackOf(error)}\n`
}

const quoteWhereNeeded = (value: string) => (/[\s"]/.test(value) ? JSON.stringify(value) : value)

const stackOf = (error: unknown) => {
  if (error === undefined) return ''
  const stack = typeof error === 'object' && error !== null && 'stack' in error ? String(error.stack) : JSON.stringify(error)
  return `\n    ${stack.replaceAll('\n', '\n    ')}`
}
