import { Refusal } from '@kilonova/platform/refusal.ts'
import { expect, test } from 'vitest'
import { inWords, speaking } from './in-words.ts'
import { ConnectionLost, LibvirtError } from './rpc/errors.ts'
import { RunFailed } from './run.ts'

const said = (words: string) => inWords(new LibvirtError(`internal error: ${words}`, 1, 10))

test.each([
  [said("qemu unexpectedly closed the monitor: cannot set up guest memory 'pc.ram': Cannot allocate memory"), 'resources'],
  [said('Child process (tc qdisc add dev tap6a790bd4-29 parent 1:1 handle 2: sfq perturb 10) unexpected exit status 2'), 'network'],
  [said("unable to execute QEMU command 'blockdev-add': Could not open '/x': Permission denied"), 'disks'],
  [
    said('Process exited prior to exec: cannot limit locked memory of process 12 to 9007199254740991: Operation not permitted'),
    'resources',
  ],
  [said('hugetlbfs filesystem is not mounted or disabled by administrator config'), 'resources'],
  [said('CPU model Foo not supported'), 'configuration'],
  [inWords(new RunFailed('qemu-img convert: No space left on device', 1)), 'resources'],
  [inWords(new RunFailed('qemu-img convert: image is corrupt', 1)), 'disks'],
  [inWords(Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' })), 'resources'],
])('%s is a matter of %s', (error, reason) => {
  expect(error).toMatchObject({ kind: 'conflict', extra: { reason, details: expect.any(String) } })
  expect(error instanceof Refusal && error.message).not.toMatch(/internal error|\/x|tap6a/)
})

test('a hypervisor that does not answer may be asked again', () => {
  expect(inWords(new ConnectionLost('the connection to libvirt is closed'))).toMatchObject({ kind: 'unavailable' })
})

test('refusals and defects stay what they are', async () => {
  const [refusal, defect] = [new Refusal('not-found', 'no'), new TypeError('x is not a function')]
  expect([inWords(refusal), inWords(defect)]).toEqual([refusal, defect])
  const thing = speaking({ kind: 'x', fails: () => Promise.reject(new LibvirtError('no memory', 1, 10)), works: async () => 1 })
  await expect(thing.fails()).rejects.toBeInstanceOf(Refusal)
  expect([thing.kind, await thing.works()]).toEqual(['x', 1])
})
