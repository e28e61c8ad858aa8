/**
 * Hides secrets in a line of the log, whoever put them there: by the name of the field and by their looks. It works on the finished
 * line, so that nested objects, messages and stacks are covered alike; one quick test lets the many lines without anything pass.
 */
const suspicious = /passw|adminpass|secret|token|authori|gAAAA|:\/\/[^\s/"]*@|private|cookie|passphrase/i

const names = String.raw`[\w.-]*(?:password|passwd|adminpass|admin_pass|secret|token|authorization|private_key|privatekey|cookie|passphrase)`
const jsonField = new RegExp(String.raw`"(${names})":\s*(?:"(?:\\.|[^"\\])*"|-?\d[\d.]*|\[[^\]]*\])`, 'gi')
/** A body that was logged as text: its quotes are escaped, however often. */
const escapedField = new RegExp(String.raw`(\\+)"(${names})\1":\s*\1"[\s\S]*?(?<!\\)\1"`, 'gi')
const pair = new RegExp(String.raw`(^|[?&;,\s"'(])(${names})=(?!\*\*\*)[^&\s"',;)\\]+`, 'gi')
const header = /\b((?:x-[a-z-]*token|authorization|set-cookie|cookie)\s*:\s*)(?!\*\*\*)(?:(?:bearer|basic)\s+)?[^\s"',;\\]+/gi
const fernet = /\bgAAAA[\w-]{16,}={0,2}/g
const inUrl = /([a-z][a-z0-9+.-]*:\/\/|,)([^\s/:@",]*):([^\s@/"]+)@/gi

export function redact(line: string): string {
  if (!suspicious.test(line)) return line
  return line
    .replace(jsonField, '"$1":"***"')
    .replace(escapedField, '$1"$2$1":$1"***$1"')
    .replace(inUrl, '$1$2:***@')
    .replace(pair, '$1$2=***')
    .replace(header, '$1***')
    .replace(fernet, '***')
}
