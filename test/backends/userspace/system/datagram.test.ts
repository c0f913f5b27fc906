/** Sockets through koffi against node:dgram on loopback: what one sends the other receives, octet for octet. */
import { createSocket, type Socket as NodeSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, describe, expect, it } from 'vitest';
import {
  type DatagramReceiver,
  datagramReceiver,
  datagramSender,
  receiveMax,
} from '../../../../src/backends/userspace/system/datagram.js';
import { allocate } from '../../../../src/backends/userspace/system/memory.js';
import { loadNative } from '../../../../src/backends/userspace/system/native.js';
import { openSocket, type Socket } from '../../../../src/backends/userspace/system/socket.js';
import { poller, wake } from '../../../../src/backends/userspace/system/wake.js';
import { addressFromOctets, formatAddress } from '../../../../src/model/address.js';
import { address, pattern } from '../../../engine/ipsec/support.js';

const native = await loadNative();
const closing: (() => void)[] = [];
afterAll(() => {
  for (const close of closing) close();
});

async function nodeSocket(family: 4 | 6, port = 0): Promise<NodeSocket> {
  const socket = createSocket({ type: family === 4 ? 'udp4' : 'udp6', ipv6Only: family === 6 });
  socket.bind(port, family === 4 ? '127.0.0.1' : '::1');
  await once(socket, 'listening');
  closing.push(() => socket.close());
  return socket;
}

/** One of ours, on a port that is free. */
async function ownSocket(family: 4 | 6, receiveOffload = true): Promise<Socket & { readonly port: number }> {
  const placeholder = createSocket(family === 4 ? 'udp4' : 'udp6');
  placeholder.bind(0);
  await once(placeholder, 'listening');
  const { port } = placeholder.address();
  placeholder.close();
  await once(placeholder, 'close');
  const socket = openSocket(native, { family, purpose: { kind: 'UDP', port }, mark: 0, receiveOffload });
  closing.push(socket.close);
  return { ...socket, port };
}

/** Everything that comes until nothing has come for a while. */
function receiveAll(receiver: DatagramReceiver, waitMillis: number): number[] {
  const poll = poller(native, [receiver.socket.descriptor]);
  const lengths: number[] = [];
  while (poll.wait(waitMillis)) {
    for (let length = receiver.receive(); length >= 0; length = receiver.receive()) lengths.push(length);
  }
  return lengths;
}

const loopback = { 4: '127.0.0.1', 6: '::1' } as const;

describe.each([4, 6] as const)('over IPv%i', (family) => {
  it('many datagrams in one call come out one by one, with the fields of the header', async () => {
    const [ours, theirs] = [await ownSocket(family), await nodeSocket(family)];
    const received: Buffer[] = [];
    theirs.on('message', (message) => received.push(message));
    const memory = allocate(native, 10_000);
    memory.octets.set(pattern(5000));
    const end = address(loopback[family]);
    const sender = datagramSender(native, ours, {
      local: end,
      remote: end,
      remotePort: theirs.address().port,
    });
    expect(sender.send(memory.address, 5000, 1400, 0x2e << 2, 9, true)).toBe(0);
    expect(sender.send(memory.address + 8, 100, 0, 0, 64, false)).toBe(0);
    while (received.length < 5) await once(theirs, 'message');
    expect(received.map(({ length }) => length)).toEqual([1400, 1400, 1400, 800, 100]);
    expect(Buffer.concat(received.slice(0, 4)).equals(memory.octets.subarray(0, 5000))).toBe(true);
    expect(received[4]?.equals(memory.octets.subarray(8, 108))).toBe(true);
  });

  it('what node:dgram sends is received, with its source', async () => {
    const [ours, theirs] = [await ownSocket(family), await nodeSocket(family)];
    theirs.setTTL(33);
    const memory = allocate(native, 64 + receiveMax);
    const receiver = datagramReceiver(native, ours, memory, 64);
    expect(receiver.receive()).toBe(-1);
    const message = pattern(1234, 5);
    await new Promise((resolve) => theirs.send(message, ours.port, loopback[family], resolve));
    expect(receiveAll(receiver, 50)).toEqual([1234]);
    expect(Buffer.compare(memory.octets.subarray(64, 64 + 1234), message)).toBe(0);
    expect(receiver).toMatchObject({
      segment: 1234,
      hopLimit: 33,
      sourcePort: theirs.address().port,
      truncated: false,
    });
    const { meta, sourceAt, destinationAt } = receiver;
    const shown = [sourceAt, destinationAt].map((place) => {
      const found = addressFromOctets(meta.octets.slice(place, place + (family === 4 ? 4 : 16)))!;
      return formatAddress(found.family, found.value);
    });
    expect(shown).toEqual([loopback[family], loopback[family]]);
  });

  it('what was sent together may come together, and is told apart by its length', async () => {
    const [from, to] = [await ownSocket(family), await ownSocket(family)];
    const memory = allocate(native, 5000 + receiveMax);
    memory.octets.set(pattern(5000));
    const end = address(loopback[family]);
    const sender = datagramSender(native, from, { local: end, remote: end, remotePort: to.port });
    const receiver = datagramReceiver(native, to, memory, 5000);
    expect(sender.send(memory.address, 5000, 700, 1, 77, true)).toBe(0);
    const lengths = receiveAll(receiver, 50);
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(5000);
    expect([receiver.trafficClass, receiver.hopLimit]).toEqual([1, 77]);
    // The kernel may hand them over in any number of pieces; each is whole datagrams.
    if (lengths.length === 1) expect(receiver.segment).toBe(700);
    else expect(lengths.every((length) => length % 700 === 0 || length === 5000 % 700)).toBe(true);
  });
});

describe('refusals', () => {
  it('name the port and what to do about it', async () => {
    const taken = await ownSocket(4);
    const open = () =>
      openSocket(native, { family: 4, purpose: { kind: 'UDP', port: taken.port }, mark: 0, receiveOffload: true });
    expect(open).toThrow(`the host refused to bind UDP port ${taken.port} of IPv4 (EADDRINUSE)`);
    try {
      open();
    } catch (error) {
      expect(error).toMatchObject({
        code: 'EADDRINUSE',
        hints: [expect.stringContaining('Another IKE daemon'), expect.anything()],
      });
    }
  });

  it('of the network are numbers, not exceptions', async () => {
    const ours = await ownSocket(4);
    const memory = allocate(native, 70_000);
    const end = address('127.0.0.1');
    const sender = datagramSender(native, ours, { local: end, remote: end, remotePort: 9 });
    expect(sender.send(memory.address, 66_000, 0, 0, 64, true)).toBe(native.errors.EMSGSIZE);
  });
});

describe('a waiting thread', () => {
  it('is woken by a signal, once for all signals before it looks', () => {
    const signal = wake(native);
    const poll = poller(native, [signal.descriptor]);
    expect(poll.wait(0)).toBe(false);
    signal.signal();
    signal.signal();
    expect([poll.wait(-1), poll.ready(0)]).toEqual([true, true]);
    signal.clear();
    expect([poll.wait(0), poll.ready(0)]).toEqual([false, false]);
    signal.close();
  });
});
