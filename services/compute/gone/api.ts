import { Refusal } from '@kilonova/platform/refusal.ts'
import { endpoint } from '../versions.ts'
import { gone, goneWords } from './gone.ts'

export const goneApi = gone.map(route => {
  const [method, path] = route.split(' ')
  return endpoint(`${method} /v2.1${path}` as 'GET /v2.1/os-fping', {
    summary: 'Served no more',
    policy: 'os_compute_api:gone',
    status: 410,
    run: () => {
      throw new Refusal('gone', goneWords)
    },
  })
})
