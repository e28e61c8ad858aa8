import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Packet, packetCutter, writePacket } from './packets.ts'

const packet = (serial: number, body: string): Packet => ({
  program: 0x20008086,
  procedure: 7,
  kind: 1,
  serial,
  status: 0,
  body: Buffer.from(body),
})

test('packets come out whole however the stream is cut', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 200 }), { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 60 })), (bodies, cuts) => {
      const sent = bodies.map((body, index) => packet(index, body))
      const stream = Buffer.concat(sent.map(writePacket))
      const got: Packet[] = []
      const cut = packetCutter(each => got.push({ ...each, body: Buffer.from(each.body) }))
      for (let at = 0, turn = 0; at < stream.length; turn++) {
        const length = cuts[turn % Math.max(cuts.length, 1)] ?? 7
        cut(stream.subarray(at, at + length))
        at += length
      }
      expect(got).toEqual(sent)
    }),
  )
})

test('a length beyond what libvirt sends is refused before anything is kept for it', () => {
  const head = Buffer.alloc(28)
  head.writeUInt32BE(0x7fff_ffff)
  expect(() => packetCutter(() => {})(head)).toThrow('a packet of 2147483647 bytes')
  expect(() => packetCutter(() => {})(Buffer.alloc(28))).toThrow('a packet of 0 bytes')
})
