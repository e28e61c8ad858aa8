import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Tls } from '@kilonova/platform/http/listener.ts'
import type { Host } from './host.ts'
import type { Settings } from './settings.ts'

/** The certificate the doors show, when the configuration names one. */
export interface Secured extends Tls {
  /** What clients are told to trust, where their system does not: the certificate itself, or the authority that `[ssl] ca_file` names. */
  readonly trust: string | undefined
  /** What is not wrong, but will be noticed: one sentence each, with what mends it. */
  readonly remarks: readonly { readonly says: string; readonly remedy: string }[]
}

const dayMs = 86_400_000

/** Reads `[ssl] cert_file` and `key_file`, both or neither. What cannot serve is refused in one line: option, file, remedy. */
export function readTls({ ssl, DEFAULT }: Settings, host: Pick<Host, 'readText'>, nowMs: number): Secured | undefined {
  const { cert_file: certFile, key_file: keyFile, ca_file: caFile } = ssl
  if (certFile === undefined && keyFile === undefined) return undefined
  if (certFile === undefined) throw lone('key_file', 'cert_file')
  if (keyFile === undefined) throw lone('cert_file', 'key_file')
  const cert = textOf(host, 'cert_file', certFile)
  const key = textOf(host, 'key_file', keyFile)
  const certificate = certificateIn('cert_file', certFile, cert)
  if (!certificate.checkPrivateKey(privateKeyIn(keyFile, key)))
    throw refusal('key_file', keyFile, `does not belong to the certificate in ${certFile}`, 'name the key the certificate was made with')
  const [from, to] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)]
  if (nowMs > to) throw refusal('cert_file', certFile, `expired on ${dayOf(to)}`, 'renew the certificate')
  if (nowMs < from) throw refusal('cert_file', certFile, `is valid only from ${dayOf(from)}`, 'look at the clock of this machine: date')
  if (caFile !== undefined) certificateIn('ca_file', caFile, textOf(host, 'ca_file', caFile))
  const remarks = [
    ...(to - nowMs < 14 * dayMs
      ? [{ says: `[ssl] cert_file = ${certFile} expires on ${dayOf(to)}`, remedy: 'renew the certificate, then kilonova down and up' }]
      : []),
    ...(isFor(certificate, DEFAULT.public_host)
      ? []
      : [
          {
            says: `[ssl] cert_file = ${certFile} is not for ${DEFAULT.public_host}, the host in every URL: clients will refuse it`,
            remedy: `make one with subjectAltName = ${isIP(DEFAULT.public_host) ? 'IP' : 'DNS'}:${DEFAULT.public_host}, or set public_host to a name in it`,
          },
        ]),
  ]
  return { cert, key, trust: caFile ?? (isSelfSigned(certificate) ? certFile : undefined), remarks }
}

/** What this process trusts besides what its system does: a host without doors of its own is told the authority of the cloud's alone. */
export function trustOf({ ssl }: Settings, tls: Secured | undefined, host: Pick<Host, 'readText'>): string | undefined {
  if (tls || ssl.ca_file === undefined) return tls?.trust
  certificateIn('ca_file', ssl.ca_file, textOf(host, 'ca_file', ssl.ca_file))
  return ssl.ca_file
}

/** Where this process asks doors of the cloud, its own or another's, it is a client like others. */
export function trustAlso(file: string, host: Pick<Host, 'readText'>): void {
  const text = host.readText(file)
  if (text !== undefined) setDefaultCACertificates([...getCACertificates('default'), text])
}

const lone = (there: string, missing: string) =>
  new Refusal('invalid', `[ssl] ${there} is set and ${missing} is not: set both for https, or neither for http.`)

const refusal = (option: string, file: string, why: string, remedy: string) =>
  new Refusal('invalid', `[ssl] ${option} = ${file} ${why}: ${remedy}.`)

function textOf(host: Pick<Host, 'readText'>, option: string, file: string): string {
  const text = host.readText(file)
  if (text === undefined) throw refusal(option, file, 'cannot be read', 'check the path, and that this user may read it')
  return text
}

function certificateIn(option: string, file: string, text: string): X509Certificate {
  try {
    return new X509Certificate(text)
  } catch {
    throw refusal(option, file, 'holds no certificate', 'it must be PEM, beginning with -----BEGIN CERTIFICATE-----')
  }
}

function privateKeyIn(file: string, text: string): KeyObject {
  try {
    return createPrivateKey(text)
  } catch {
    throw refusal('key_file', file, 'holds no private key', 'it must be PEM, without a passphrase: openssl pkey -in FILE -out FILE.open')
  }
}

const isSelfSigned = (certificate: X509Certificate) => certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey)

const isFor = (certificate: X509Certificate, name: string) =>
  (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined

const dayOf = (ms: number) => new Date(ms).toISOString().slice(0, 10)
