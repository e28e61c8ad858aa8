import { bridgeOf, type Guest, guestName, tapOf } from '../contract/guest.ts'

/** The `n`th example guest, for tests: everything in it follows from `n`. */
export function aGuest(n: number, more: Partial<Guest> = {}): Guest {
  const tail = n.toString(16).padStart(12, '0')
  return {
    uuid: `da0e8cfc-46f9-416d-a828-${tail}`,
    name: guestName(n),
    displayName: `vm${n}`,
    memoryMb: 64,
    vcpus: 1,
    diskGb: 1,
    image: {
      id: '5c242396-3c7b-4bc6-bec1-3df8eb57d53d',
      format: 'qcow2',
      source: { from: 'file', path: '/var/lib/glance/images/example' },
    },
    nics: [],
    origin: {
      createdAt: '2017-02-07T02:54:00Z',
      flavor: { name: 'm1.nano', swapMb: 0, ephemeralGb: 0 },
      user: { id: '7a1f0c6d2f6b4b0c8d6f3b6e3f1d2c4a', name: 'demo' },
      project: { id: 'b9e1d0c4a2f34c5d8e7f60718293a4b5', name: 'demo' },
    },
    ...more,
  }
}

/** The `n`th example port, on a network of its own choice. */
export function aNic(n: number, networkId = '33b9ef50-354b-457b-8ea2-8498ec64835b'): Guest['nics'][number] {
  const portId = `${(0x6a790b22 + n).toString(16)}-29d7-4b6a-9a3e-1f2d3c4b5a69`
  return {
    portId,
    macAddress: `fa:16:3e:00:00:${n.toString(16).padStart(2, '0')}`,
    tap: tapOf(portId),
    bridge: bridgeOf(networkId),
    fixedIps: [{ address: `192.168.56.${100 + n}`, version: 4 }],
  }
}
