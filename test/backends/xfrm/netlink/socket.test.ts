/** The netlink socket against a C library that does what no kernel should, and what poor kernels do. */
import { describe, expect, it } from 'vitest';
import type { Libc } from '../../../../src/backends/system/libc.js';
import { controlTypes, messageTypes } from '../../../../src/backends/xfrm/netlink/constants.js';
import { toOctets, viewOf } from '../../../../src/backends/xfrm/netlink/fields.js';
import { decodeMessages, encodeMessage } from '../../../../src/backends/xfrm/netlink/frames.js';
import { createXfrmSocket } from '../../../../src/backends/xfrm/netlink/socket.js';
import { errorHeader } from '../../../../src/backends/xfrm/netlink/structures.js';

const errnos: Readonly<Record<string, number>> = { EPERM: 1, EINTR: 4, EAGAIN: 11, ENOBUFS: 105, EPROTONOSUPPORT: 93 };

interface Script {
  readonly socket?: string;
  readonly bind?: string;
  /** What each `recv` gives: octets, or the name of an error. `sent` are all requests until then. */
  readonly receive?: (call: number, sent: readonly Uint8Array[]) => Uint8Array | string;
}

/** A C library that follows a script. */
function scripted({ socket, bind, receive }: Script): Libc & { readonly sent: Uint8Array[]; closed: number } {
  let last = 0;
  let calls = 0;
  const sent: Uint8Array[] = [];
  const fail = (name: string) => {
    last = errnos[name]!;
    return -1;
  };
  const made = {
    sent,
    closed: 0,
    socket: () => (socket === undefined ? 7 : fail(socket)),
    bind: () => (bind === undefined ? 0 : fail(bind)),
    connect: () => 0,
    send: (_descriptor: number, octets: Uint8Array, length: number) => {
      sent.push(octets.slice(0, length));
      return length;
    },
    recv(_descriptor: number, into: Uint8Array) {
      const given = receive?.(calls, sent) ?? 'EAGAIN';
      calls += 1;
      if (typeof given === 'string') return fail(given);
      into.set(given);
      return given.length;
    },
    setsockopt: () => -1,
    poll: () => 0,
    pollLater: async () => 0,
    close: () => {
      made.closed += 1;
      return 0;
    },
    flock: () => 0,
    unshare: () => -1,
    setns: () => -1,
    errno: () => last,
    addressOf: () => 0n,
    nameOf: (errno: number) => Object.entries(errnos).find(([, number]) => number === errno)?.[0] ?? String(errno),
  };
  return made;
}

const sequencesOf = (sent: readonly Uint8Array[]) =>
  sent.flatMap((octets) => decodeMessages(octets)!.map(({ sequence }) => sequence));

function answer(sequence: number, errno = 0): Uint8Array {
  const request = { length: 16, type: 0, flags: 0, sequence, port: 0 };
  return encodeMessage({
    type: controlTypes.error,
    flags: 0x100,
    sequence,
    port: 0,
    body: toOctets(errorHeader, { error: -errno, request }),
  });
}

const requests = (count: number) =>
  Array.from({ length: count }, () => ({ type: messageTypes.newPolicy, body: new Uint8Array(168) }));

describe('opening', () => {
  it.each([
    ['EPROTONOSUPPORT', 'NO_XFRM', 'this kernel has no XFRM'],
    ['EPERM', 'NETLINK', 'cannot be opened (EPERM)'],
  ])('%s', (socket, code, message) => {
    expect(() => createXfrmSocket(scripted({ socket }))).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  it('closes what cannot be bound', () => {
    const calls = scripted({ bind: 'EPERM' });
    expect(() => createXfrmSocket(calls)).toThrow();
    expect(calls.closed).toBe(1);
  });
});

describe('requests', () => {
  it('are answered in their order, whatever order the answers have', () => {
    const calls = scripted({
      receive: (call, sent) => {
        const all = sequencesOf(sent);
        return answer(all[all.length - 1 - call]!, call);
      },
    });
    const answers = createXfrmSocket(calls).request(requests(5));
    expect(answers.map(({ sequence }) => sequence)).toEqual(sequencesOf(calls.sent));
    expect(answers.map(({ errno }) => errno)).toEqual([4, 3, 2, 1, 0]);
  });

  it('are sent in parts that the kernel can answer', () => {
    let answered = 0;
    const calls = scripted({
      receive: (_call, sent) => {
        const next = sequencesOf(sent)[answered]!;
        answered += 1;
        return answer(next);
      },
    });
    expect(createXfrmSocket(calls).request(requests(250)).length).toBe(250);
    expect(calls.sent.length).toBeGreaterThan(2);
  });

  it('survive being interrupted, and answers to nobody', () => {
    const calls = scripted({
      receive: (call, sent) => (call === 0 ? 'EINTR' : call === 1 ? answer(99_999) : answer(sequencesOf(sent)[0]!)),
    });
    expect(createXfrmSocket(calls).request(requests(1))).toEqual([{ sequence: 1, errno: 0 }]);
  });

  it.each([
    ['no answer in 10 seconds', 'EAGAIN'],
    ['cannot be heard on', 'ENOBUFS'],
  ])('%s', (message, errno) => {
    expect(() => createXfrmSocket(scripted({ receive: () => errno })).request(requests(1))).toThrow(message);
  });

  it('are not believed when they come back broken', () => {
    const broken = answer(1);
    viewOf(broken).setUint32(0, 7, true);
    expect(() => createXfrmSocket(scripted({ receive: () => broken })).request(requests(1))).toThrow('broken');
  });
});

describe('a query', () => {
  it('takes messages until the end, and only its own', () => {
    const body = Uint8Array.from([1, 2, 3, 4]);
    const message = (sequence: number) =>
      encodeMessage({ type: messageTypes.newPolicy, flags: 2, sequence, port: 0, body });
    const calls = scripted({
      receive: (call) =>
        [
          message(1),
          message(7),
          message(1),
          encodeMessage({ type: controlTypes.done, flags: 2, sequence: 1, port: 0, body: new Uint8Array(4) }),
        ][call]!,
    });
    const { messages, answer: end } = createXfrmSocket(calls).query({
      type: messageTypes.getPolicy,
      body: new Uint8Array(0),
    });
    expect(messages.map((each) => [...each.body])).toEqual([
      [1, 2, 3, 4],
      [1, 2, 3, 4],
    ]);
    expect(end.errno).toBe(0);
  });
});
