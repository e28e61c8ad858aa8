/**
 * The database cannot be opened as configured. The message is one line that names the option, what is wrong with it and what to do; a
 * password never stands in it. The program ends with it.
 */
export class ConfigError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message.replace(/\s+/g, ' '), cause === undefined ? undefined : { cause })
    this.name = 'ConfigError'
  }
}
