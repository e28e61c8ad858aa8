import { XdrReader } from './xdr.ts'

/** What libvirt says went wrong: its own code, the part of it that complains, and its sentence. */
export class LibvirtError extends Error {
  readonly code: number
  readonly domain: number

  constructor(message: string, code: number, domain: number) {
    super(message)
    this.name = 'LibvirtError'
    this.code = code
    this.domain = domain
  }
}

/** The wire is broken, or there is none; whether the call was carried out is not known. */
export class ConnectionLost extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'ConnectionLost'
  }
}

export function readError(body: Buffer): LibvirtError {
  const reader = new XdrReader(body)
  const code = reader.i32()
  const domain = reader.i32()
  const message = reader.optional(() => reader.text())
  return new LibvirtError(message ?? `libvirt error ${code}`, code, domain)
}
