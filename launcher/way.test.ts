import { expect, test } from 'vitest'
import { readWay, wayTable } from './way.ts'

test('a way is read with an arrow, without one, and from one word', () => {
  for (const words of [['vm1', '->', 'vm2:80'], ['vm1', 'vm2:80'], ['vm1 -> vm2:80'], ['vm1→vm2:80']])
    expect(readWay(words)).toEqual({ from: 'vm1', to: 'vm2', port: 80 })
  expect(readWay(['vm1', '8.8.8.8'])).toEqual({ from: 'vm1', to: '8.8.8.8' })
  expect(readWay(['vm1 -> [2001:db8::5]:443'])).toEqual({ from: 'vm1', to: '2001:db8::5', port: 443 })
  expect(readWay(['vm1', '2001:db8::5'])).toEqual({ from: 'vm1', to: '2001:db8::5' })
})

test('who says too little, too much or no port is told how to ask', () => {
  expect(readWay(['vm1'])).toEqual({ unclear: "Say from whom to whom: kilonova net trace 'vm1 -> vm2:80'" })
  expect(readWay(['vm1', 'vm2', 'vm3'])).toMatchObject({ unclear: expect.stringContaining('Say from whom') })
  expect(readWay(['vm1', 'vm2:99999'])).toEqual({ unclear: '99999 is no port.' })
})

test('the table has a line per hop and ends with the sentence', () => {
  const hop = { host: 'h1', what: 'its cable' }
  const hops = [
    { ...hop, where: 'tap1', mark: 'ok', says: 'plugged in and up' },
    { ...hop, host: null, where: 'qrouter-8ff8ef0d-1d13-42b6-a6a0-9974492e9789', mark: 'stop', says: 'gone' },
  ]
  const text = wayTable({
    from: 'a',
    to: 'b',
    arrives: false,
    hops,
    probes: [{ says: 'b answers', answered: true }],
    conclusion: 'It stops.',
  })
  expect(text.split('\n')).toEqual([
    'a → b',
    'ok    h1  tap1                  its cable  plugged in and up',
    'STOP      qrouter-8ff8ef0d-1d…  its cable  gone',
    'probe ok  b answers',
    '',
    'It stops.',
  ])
})
