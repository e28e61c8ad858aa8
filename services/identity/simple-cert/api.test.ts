import { expect, test } from 'vitest'
import { bench } from '../kit.ts'
import { simpleCertApi } from './api.ts'

test.each(['ca', 'certificates'])('%s of PKI tokens is gone, for members and strangers alike', async what => {
  const at = await bench(() => simpleCertApi())
  for (const as of [undefined, 'member']) {
    const { status, body } = await at.ask(`GET /v3/OS-SIMPLE-CERT/${what}`, as === undefined ? {} : { as })
    expect([status, body.error.title, body.error.message]).toEqual([
      410,
      'Gone',
      'This API is no longer available due to the removal of support for PKI tokens.',
    ])
  }
  await at.close()
})
