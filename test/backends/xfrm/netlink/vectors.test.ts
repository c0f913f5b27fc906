/** Messages of the kernel and of iproute2: they are understood, and ours are the same. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { decodeAttributes } from '../../../../src/backends/xfrm/netlink/attributes.js';
import { attributeTypes, messageTypes } from '../../../../src/backends/xfrm/netlink/constants.js';
import { decodeAnswer, decodeMessages } from '../../../../src/backends/xfrm/netlink/frames.js';
import { decodeNotice } from '../../../../src/backends/xfrm/netlink/notices.js';
import {
  decodeDefaults,
  decodePolicy,
  encodeDefaults,
  encodePolicy,
  encodePolicyId,
} from '../../../../src/backends/xfrm/netlink/policies.js';
import { decodeSa, encodeSa, encodeSaId } from '../../../../src/backends/xfrm/netlink/sas.js';
import * as structures from '../../../../src/backends/xfrm/netlink/structures.js';
import { parseAddress } from '../../../../src/model/address.js';
import type { HostPolicy, HostSa } from '../../../../src/model/host-state.js';
import { root } from '../../../support/sources.js';

interface Vectors {
  readonly policies: readonly string[];
  readonly sas: readonly string[];
  readonly defaults: string;
  readonly defaultsInBlock: string;
  readonly errors: Readonly<Record<string, string>>;
  readonly notices: readonly string[];
  readonly requests: readonly { readonly command: string; readonly type: number; readonly body: string }[];
}

const vectors: Vectors = JSON.parse(readFileSync(path.join(root, 'test', 'vectors', 'xfrm', 'linux.json'), 'utf8'));
const octets = (hex: string) => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (of: Uint8Array) => Buffer.from(of).toString('hex');

function addressOf(text: string) {
  return parseAddress(text)!;
}

describe('structures are as long as those of the C compiler', () => {
  test.each([
    ['messageHeader', 16],
    ['errorHeader', 20],
    ['xfrmId', 24],
    ['xfrmSelector', 56],
    ['xfrmLimits', 64],
    ['xfrmUsage', 32],
    ['xfrmStatistics', 12],
    ['policyInfo', 168],
    ['policyId', 64],
    ['userTemplate', 64],
    ['saInfo', 224],
    ['saId', 24],
    ['spiRange', 232],
    ['userAcquire', 280],
    ['userExpire', 232],
    ['userPolicyExpire', 176],
    ['userMapping', 64],
    ['policyDefaults', 3],
    ['policyType', 6],
    ['xfrmMark', 8],
    ['encapsulation', 24],
    ['algorithm', 68],
    ['truncatedAlgorithm', 72],
    ['aeadAlgorithm', 72],
    ['replayState', 24],
  ])('%s: %i', (name, size) => {
    expect(new Map<string, { readonly size: number }>(Object.entries(structures)).get(name)?.size).toBe(size);
  });
});

/** Policies as the commands of the vectors say them, in the order of a dump. */
const policies = vectors.policies.map((body) => decodePolicy(octets(body))!);
const sas = vectors.sas.map((body) => decodeSa(octets(body))!);

describe('a dump of policies', () => {
  it('has what was put there', () => {
    const [sub, forward, inbound, outbound] = policies as [HostPolicy, HostPolicy, HostPolicy, HostPolicy];
    expect(outbound).toMatchObject({
      direction: 'out',
      priority: 5,
      index: 0x6000_0009,
      action: 'allow',
      type: 'main',
      selector: { source: addressOf('10.0.0.0').value, sourcePrefix: 8, destinationPrefix: 16, protocol: 0 },
      templates: [{ protocol: 50, mode: 'transport', reqid: 77, optional: false, authenticationMask: 0xffff_ffff }],
      limits: {},
    });
    expect(inbound).toMatchObject({
      direction: 'in',
      priority: 0xffff_0000,
      action: 'block',
      mark: { value: 5, mask: 0xff },
      ifId: 7,
      selector: { protocol: 6, sourcePort: 23, sourcePortMask: 0xffff, destinationPort: 4000 },
      templates: [],
    });
    expect(forward).toMatchObject({
      direction: 'fwd',
      selector: { family: 6, protocol: 58, sourcePort: 128, destinationPort: 0, destinationPortMask: 0xffff },
      templates: [
        { mode: 'tunnel', family: 6, source: addressOf('2001:db8::1').value, reqid: 0x4900_0000, optional: false },
        { mode: 'transport', protocol: 51, reqid: 3, optional: true },
      ],
    });
    expect(sub).toMatchObject({ type: 'sub', limits: { softBytes: 1000n, hardAddSeconds: 600n }, templates: [] });
  });

  it('comes back whole', () => {
    for (const policy of policies) {
      const again = decodePolicy(encodePolicy(policy))!;
      expect({ ...again, usage: undefined }).toEqual({ ...policy, usage: undefined });
    }
  });
});

describe('a dump of SAs', () => {
  it('has what was put there', () => {
    const [empty, ah, aead, cbc] = sas as [HostSa, HostSa, HostSa, HostSa];
    expect(cbc).toMatchObject({
      source: addressOf('10.1.1.1'),
      destination: addressOf('10.1.1.2'),
      spi: 0x1001,
      protocol: 50,
      reqid: 77,
      mode: 'transport',
      replayWindow: 0,
      esn: false,
      encryption: { name: 'cbc(aes)' },
      authentication: { name: 'hmac(sha256)', truncatedBits: 128 },
    });
    expect(cbc.selector).toBeUndefined();
    expect(hex(cbc.encryption!.key.reveal())).toBe('000102030405060708090a0b0c0d0e0f');
    expect(aead).toMatchObject({
      mode: 'tunnel',
      esn: true,
      replayWindow: 128,
      aead: { name: 'rfc4106(gcm(aes))', icvBits: 128 },
      encapsulation: { type: 2, sourcePort: 4500, destinationPort: 4501 },
      limits: { softAddSeconds: 3000n, hardAddSeconds: 3600n, hardBytes: 100_000n },
      selector: { sourcePrefix: 8, destinationPrefix: 16 },
    });
    expect(ah).toMatchObject({
      protocol: 51,
      source: addressOf('2001:db8::1'),
      replayWindow: 32,
      mark: { value: 9, mask: 0xffff_ffff },
      ifId: 6,
      authentication: { name: 'hmac(sha1)', truncatedBits: 96 },
    });
    expect(empty).toMatchObject({ encryption: { name: 'ecb(cipher_null)' }, extraFlags: 1, flags: 0 });
    expect(empty.encryption!.key.length).toBe(0);
  });

  it('comes back whole', () => {
    for (const sa of sas) expect({ ...decodeSa(encodeSa(sa))!, usage: undefined }).toEqual({ ...sa, usage: undefined });
  });

  it('never shows a key', () => {
    expect(JSON.stringify(sas, (_, value) => (typeof value === 'bigint' ? `${value}` : value))).not.toMatch(
      /0001020304/,
    );
  });
});

it('defaults', () => {
  expect(decodeDefaults(octets(vectors.defaults))).toEqual({ in: 'accept', out: 'accept', fwd: 'accept' });
  expect(decodeDefaults(octets(vectors.defaultsInBlock))).toEqual({ in: 'block', out: 'accept', fwd: 'accept' });
});

/** A request in parts that can be compared whatever the order of its attributes is. */
function parts(type: number, body: Uint8Array) {
  const head = {
    [messageTypes.newPolicy]: structures.policyInfo,
    [messageTypes.updatePolicy]: structures.policyInfo,
    [messageTypes.deletePolicy]: structures.policyId,
    [messageTypes.newSa]: structures.saInfo,
    [messageTypes.deleteSa]: structures.saId,
  }[type]!;
  const attributes = decodeAttributes(body.subarray(head.size))!;
  return {
    head: hex(body.subarray(0, head.size)),
    // The source address is a help for protocols without SPI.
    attributes: [...attributes]
      .filter(([each]) => each !== 13)
      .map(([each, value]) => [each, hex(value)])
      .sort(),
  };
}

describe('a request is the one of iproute2', () => {
  const [sub, forward, inbound, outbound] = policies as [HostPolicy, HostPolicy, HostPolicy, HostPolicy];
  const [empty, ah, aead, cbc] = sas as [HostSa, HostSa, HostSa, HostSa];
  /** iproute2 lets the kernel choose where it is not told. */
  const unnamed = (policy: HostPolicy) => ({ ...policy, index: policy === outbound ? policy.index : 0 });
  const ours: readonly Uint8Array[] = [
    ...[outbound, inbound, forward, sub].map((policy) => encodePolicy(unnamed(policy))),
    ...[cbc, aead, ah, empty].map(encodeSa),
    encodePolicyId(inbound),
    encodePolicy({ ...outbound, index: 0, priority: 9, action: 'block', templates: [] }),
    encodeSaId(ah),
    encodeSaId(cbc),
    encodeDefaults({ in: 'block', out: 'accept' }),
  ];
  test.each(vectors.requests.map(({ command, ...request }, at) => [command, request, at] as const))(
    '%s',
    (_command, { type, body }, at) => {
      if (type === messageTypes.setDefault) {
        expect(hex(ours[at]!)).toBe(body);
        return;
      }
      const own = parts(type, ours[at]!);
      const theirs = parts(type, octets(body));
      if (type === messageTypes.newSa) {
        // It writes the selector of an SA without one as the family's own, which the kernel does by itself.
        const withoutSelector = ({ head, ...rest }: typeof own) => ({ ...rest, head: head.slice(2 * 56) });
        expect(withoutSelector(own)).toEqual(withoutSelector(theirs));
      } else expect(own).toEqual(theirs);
    },
  );
});

describe('answers', () => {
  const answerTo = (name: string) => decodeAnswer(decodeMessages(octets(vectors.errors[name]!))![0]!);

  it('say why in the kernel’s words where it gives them', () => {
    expect(answerTo('unknown algorithm, extended')).toEqual({
      sequence: 9,
      errno: 38,
      text: 'Requested AUTH_TRUNC algorithm not found',
    });
    expect(answerTo('unknown algorithm, plain')).toEqual({ sequence: 9, errno: 38 });
    expect(answerTo('exists, extended')).toEqual({ sequence: 10, errno: 17 });
  });
});

describe('notices', () => {
  const notices = vectors.notices.map((datagram) => decodeNotice(decodeMessages(octets(datagram))![0]!));

  it('ACQUIRE of a packet to a peer', () => {
    expect(notices[0]).toMatchObject({
      kind: 'acquire',
      protocol: 50,
      source: addressOf('10.1.1.1'),
      destination: addressOf('10.1.1.2'),
      selector: { family: 4, protocol: 17, destinationPort: 7777, destinationPortMask: 0xffff },
      policy: { direction: 'out', priority: 5, templates: [{ reqid: 77 }] },
    });
  });

  it('ACQUIRE of an IPv6 packet for an IPv4 tunnel', () => {
    expect(notices[1]).toMatchObject({
      kind: 'acquire',
      source: addressOf('10.1.1.1'),
      destination: addressOf('10.1.1.2'),
      selector: { family: 6 },
      policy: { templates: [{ mode: 'tunnel', family: 4, reqid: 78 }] },
    });
  });

  it('EXPIRE, soft and then hard', () => {
    expect(notices[2]).toMatchObject({ kind: 'expire', hard: false, sa: { spi: 0x2001, reqid: 77 } });
    expect(notices[3]).toMatchObject({ kind: 'expire', hard: true, sa: { spi: 0x2001 } });
  });
});

describe('broken messages are not read', () => {
  const cases: readonly (readonly [string, Uint8Array, (body: Uint8Array) => unknown])[] = [
    ...vectors.policies.map((body, at) => [`policy ${at}`, octets(body), decodePolicy] as const),
    ...vectors.sas.map((body, at) => [`SA ${at}`, octets(body), decodeSa] as const),
  ];

  test.each(cases)('%s, cut anywhere', (_name, body, decode) => {
    for (let length = 0; length < body.length; length += 1) {
      // Cut between two attributes it is a message with fewer of them; nowhere may it throw.
      expect(() => decode(body.subarray(0, length))).not.toThrow();
      if (length < 168) expect(decode(body.subarray(0, length))).toBeUndefined();
    }
  });

  test.each(cases)('%s, any octet changed', (_name, body, decode) => {
    for (let at = 0; at < body.length; at += 1) {
      for (const value of [0, 1, 0x7f, 0xff]) {
        const changed = body.slice();
        changed[at] = value;
        expect(() => decode(changed)).not.toThrow();
      }
    }
  });

  it('datagrams with lengths that do not hold', () => {
    const datagram = octets(vectors.notices[0]!);
    for (const length of [0, 15, 17, 0xffff]) {
      const changed = datagram.slice();
      new DataView(changed.buffer).setUint32(0, length, true);
      expect(decodeMessages(changed)).toBeUndefined();
    }
    expect(decodeMessages(datagram.subarray(0, 10))).toBeUndefined();
  });

  it('a key that is shorter than it says', () => {
    const body = octets(vectors.sas[3]!);
    const attributes = decodeAttributes(body.subarray(224))!;
    const key = attributes.get(attributeTypes.encryption)!;
    new DataView(key.buffer, key.byteOffset).setUint32(64, 4096, true);
    expect(decodeSa(body)).toBeUndefined();
  });
});
