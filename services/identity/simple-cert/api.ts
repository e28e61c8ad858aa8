import { open } from '@kilonova/platform/http/endpoint.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { endpoint } from '../versions.ts'

/** What PKI tokens were checked with, before there were none any more. */
// biome-ignore format: a table per route
export const simpleCertApi = () => [
  endpoint('GET /v3/OS-SIMPLE-CERT/ca', {
    summary: 'The certificate authority of PKI tokens, which is gone',
    policy:  open('certificates were public, and there is nothing left to see'),
    status:  200,
    run:     gone,
  }),

  endpoint('GET /v3/OS-SIMPLE-CERT/certificates', {
    summary: 'The signing certificates of PKI tokens, which are gone',
    policy:  open('certificates were public, and there is nothing left to see'),
    status:  200,
    run:     gone,
  }),
]

function gone(): never {
  throw new Refusal('gone', 'This API is no longer available due to the removal of support for PKI tokens.')
}
