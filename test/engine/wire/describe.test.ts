import { describe, expect, it } from 'vitest';
import { fromHex, type TreeNode } from '../../../src/engine/wire/codec.js';
import {
  describeExchange,
  describe as describeMessage,
  dissect,
  withInner,
} from '../../../src/engine/wire/describe.js';
import type { Header } from '../../../src/engine/wire/header.js';
import { isakmpPayload } from '../../../src/engine/wire/isakmp/table.js';
import {
  encodeMessage,
  encodePayloads,
  type Ikev2Message,
  type IsakmpMessage,
  inspectPayloads,
} from '../../../src/engine/wire/message.js';
import { formatDistinguishedName } from '../../../src/engine/wire/payloads/distinguished-name.js';
import { identityText, isakmpIdentityText } from '../../../src/engine/wire/payloads/identity-text.js';
import { ikev2Payload } from '../../../src/engine/wire/payloads/table.js';
import { trafficSelectorText } from '../../../src/engine/wire/payloads/ts.js';

const header: Header = {
  initiatorSpi: 0x0102030405060708n,
  responderSpi: 0n,
  version: { major: 2, minor: 0 },
  exchangeType: 34,
  flags: 0x08,
  messageId: 0,
};
const none: Uint8Array = new Uint8Array();
const octets = (length: number): Uint8Array => new Uint8Array(length);
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const selector = {
  kind: 'TS_IPV4_ADDR_RANGE',
  ipProtocol: 0,
  startPort: 0,
  endPort: 65535,
  startAddress: 0x0a000000,
  endAddress: 0x0a00ffff,
} as const;

const sa = ikev2Payload('SA', {
  proposals: [
    {
      number: 1,
      protocolId: 1,
      spi: none,
      transforms: [
        { type: 1, id: 20, attributes: [{ kind: 'TV', type: 14, value: 256 }] },
        { type: 2, id: 5, attributes: [] },
        { type: 4, id: 31, attributes: [] },
        { type: 9, id: 1030, attributes: [] },
      ],
    },
  ],
});
const notify = (type: number, data: Uint8Array = none) => ikev2Payload('N', { protocolId: 0, type, spi: none, data });
const saInit: Ikev2Message = {
  kind: 'IKEv2',
  header,
  payloads: [
    sa,
    ikev2Payload('KE', { dhGroup: 19, keyExchangeData: octets(64) }),
    ikev2Payload('Nonce', { data: octets(32) }),
    notify(16388, octets(20)),
  ],
};
const auth = [
  ikev2Payload('IDi', { idType: 2, data: text('gw.example.org') }),
  ikev2Payload('AUTH', { method: 2, data: octets(32) }),
  sa,
  ikev2Payload('TSi', { selectors: [selector] }),
  ikev2Payload('TSr', { selectors: [selector] }),
];

describe('a message on one line', () => {
  it('is as RFC 7296 §1.2 writes it', () => {
    expect(describeMessage(saInit)).toBe('HDR, SAi1, KEi(19), Ni(32), N(NAT_DETECTION_SOURCE_IP)');
    expect(describeMessage({ ...saInit, header: { ...header, flags: 0x20 } })).toBe(
      'HDR, SAr1, KEr(19), Nr(32), N(NAT_DETECTION_SOURCE_IP)',
    );
    const sk = { kind: 'SK', critical: false, firstPayload: 35, body: { encrypted: octets(300) } } as const;
    const message: Ikev2Message = {
      kind: 'IKEv2',
      header: { ...header, exchangeType: 35, messageId: 1 },
      payloads: [sk],
    };
    expect(describeMessage(message)).toBe('HDR, SK {300 octets}');
    expect(describeMessage(message, { inner: auth })).toBe('HDR, SK {IDi, AUTH, SAi2, TSi, TSr}');
    expect(describeMessage(message, { inner: [] })).toBe('HDR, SK {}');
    const child = { ...message, header: { ...header, exchangeType: 36, flags: 0x20 } };
    expect(describeMessage(child, { inner: [sa, ikev2Payload('Nonce', { data: octets(16) })] })).toBe(
      'HDR, SK {SA, Nr(16)}',
    );
  });

  it('names what it does not know by its number', () => {
    const payloads = [
      notify(40_999),
      { kind: 'unknown', number: 201, critical: true, body: none } as const,
      { kind: 'unknown', number: 51, critical: false, body: none } as const,
      ikev2Payload('D', { protocolId: 3, spis: { size: 4, list: [octets(4)] } }),
      ikev2Payload('CP', { cfgType: 1, attributes: [] }),
      ikev2Payload('EAP', { message: { kind: 'Success', identifier: 1 } }),
      ikev2Payload('EAP', { message: { kind: 'unknown', number: 9, identifier: 1, data: none } }),
      {
        kind: 'SKF',
        critical: false,
        firstPayload: 0,
        body: { fragmentNumber: 2, totalFragments: 3, encrypted: octets(9) },
      } as const,
    ];
    expect(describeMessage({ ...saInit, payloads })).toBe(
      'HDR, N(40999), payload 201 (critical), GSA, D(ESP), CP(CFG_REQUEST), EAP(Success), EAP(9), SKF(2/3) {9 octets}',
    );
    expect(
      describeMessage({
        kind: 'other version',
        header: { ...header, version: { major: 3, minor: 1 } },
        firstPayload: 1,
        body: octets(7),
      }),
    ).toBe('HDR (version 3.1), {7 octets}');
  });

  it('is as RFC 2409 §5 writes it, when it is known who sent it', () => {
    const v1 = (exchangeType: number): Header => ({
      ...header,
      version: { major: 1, minor: 0 },
      exchangeType,
      flags: 0,
    });
    const id = isakmpPayload('ID', { idType: 1, protocolId: 0, port: 0, data: octets(4) });
    const hash = isakmpPayload('HASH', { hash: octets(20) });
    const nonce = isakmpPayload('NONCE', { data: octets(16) });
    const isakmpSa = isakmpPayload('SA', { kind: 'IPSEC', situation: 1, proposals: [] });
    const sig = isakmpPayload('SIG', { signature: octets(8) });
    const main = (payloads: IsakmpMessage['payloads']): IsakmpMessage => ({ kind: 'ISAKMP', header: v1(2), payloads });
    expect(describeMessage(main([id, sig, hash]), { sender: 'initiator' })).toBe('HDR, IDii, SIG_I, HASH_I');
    expect(describeMessage(main([id, sig, hash]), { sender: 'responder' })).toBe('HDR, IDir, SIG_R, HASH_R');
    expect(describeMessage(main([id, sig, hash, nonce]))).toBe('HDR, ID, SIG, HASH, NONCE');
    const quick = {
      kind: 'encrypted ISAKMP',
      header: { ...v1(32), messageId: 0x9c3a6e01 },
      firstPayload: 8,
      ciphertext: octets(64),
    } as const;
    expect(describeMessage(quick)).toBe('HDR*, {64 octets}');
    expect(describeMessage(quick, { inner: [hash, isakmpSa, nonce, id, id], sender: 'initiator' })).toBe(
      'HDR*, HASH(1), SA, Ni, IDci, IDcr',
    );
    expect(describeMessage(quick, { inner: [hash, isakmpSa, nonce], sender: 'responder' })).toBe(
      'HDR*, HASH(2), SA, Nr',
    );
    expect(describeMessage(quick, { inner: [hash], sender: 'initiator' })).toBe('HDR*, HASH(3)');
    expect(describeExchange(quick.header)).toBe('Quick Mode 9c3a6e01');
    expect(describeExchange(v1(2))).toBe('Main Mode');
    const fragment = isakmpPayload('FRAGMENT', { fragmentId: 1, fragmentNumber: 4, flags: 1, data: octets(1) });
    const n = isakmpPayload('N', { doi: 1, protocolId: 1, type: 36136, spi: octets(16), data: octets(4) });
    const attr = isakmpPayload('CP', { cfgType: 2, identifier: 1, attributes: [] });
    expect(describeMessage(main([fragment, n, attr, { kind: 'unknown', number: 22, body: none }]))).toBe(
      'HDR, FRAGMENT(4, last), N(R-U-THERE), ATTR(ISAKMP_CFG_REPLY), GAP',
    );
  });

  it('has its exchange beside it', () => {
    expect(describeExchange(header)).toBe('IKE_SA_INIT 0');
    expect(describeExchange({ ...header, exchangeType: 35, messageId: 1, flags: 0x20 })).toBe('IKE_AUTH 1 R');
    expect(describeExchange({ ...header, exchangeType: 250 })).toBe('250 0');
  });
});

/** `name: text` lines, indented. */
function lines(tree: readonly TreeNode[], indent = ''): readonly string[] {
  return tree.flatMap((node) => [
    `${indent}${node.name}${node.text === '' ? '' : `: ${node.text}`} [${node.offset}+${node.length}]`,
    ...lines(node.children, `${indent}  `),
  ]);
}

describe('a message as a tree', () => {
  it('names and places every field', () => {
    const tree = dissect(encodeMessage({ ...saInit, payloads: saInit.payloads.slice(0, 2) }));
    expect(lines(tree)).toEqual([
      'header [0+28]',
      '  initiator SPI: 0x0102030405060708 [0+8]',
      '  responder SPI: 0x0000000000000000 [8+8]',
      '  next payload: 33 [16+1]',
      '  version: 2.0 [17+1]',
      '  exchange type: IKE_SA_INIT (34) [18+1]',
      '  flags: INITIATOR (0x08) [19+1]',
      '  message ID: 0x00000000 [20+4]',
      '  length: 148 [24+4]',
      'SA [28+48]',
      '  next payload: KE (34) [28+1]',
      '  critical: no [29+1]',
      '  length: 48 [30+2]',
      '  proposals: 1 [32+44]',
      '    proposal 1: 1: IKE [32+44]',
      '      next: last (0) [32+1]',
      '      reserved: 0 [33+1]',
      '      length: 44 [34+2]',
      '      number: 1 [36+1]',
      '      protocol ID: IKE (1) [37+1]',
      '      SPI size: 0 [38+1]',
      '      transform count: 4 [39+1]',
      '      SPI: empty [40+0]',
      '      transforms: 4 [40+36]',
      '        transform 1: ENCR_AES_GCM_16 256 [40+12]',
      '          next: more (3) [40+1]',
      '          reserved: 0 [41+1]',
      '          length: 12 [42+2]',
      '          type: ENCR (1) [44+1]',
      '          reserved: 0 [45+1]',
      '          ID: ENCR_AES_GCM_16 (20) [46+2]',
      '          attributes: 1 [48+4]',
      '            attribute 1: Key Length (14): 256 [48+4]',
      '              type: Key Length (14), TV [48+2]',
      '              value: 256 [50+2]',
      '        transform 2: PRF_HMAC_SHA2_256 [52+8]',
      '          next: more (3) [52+1]',
      '          reserved: 0 [53+1]',
      '          length: 8 [54+2]',
      '          type: PRF (2) [56+1]',
      '          reserved: 0 [57+1]',
      '          ID: PRF_HMAC_SHA2_256 (5) [58+2]',
      '          attributes: 0 [60+0]',
      '        transform 3: X25519 [60+8]',
      '          next: more (3) [60+1]',
      '          reserved: 0 [61+1]',
      '          length: 8 [62+2]',
      '          type: KE (4) [64+1]',
      '          reserved: 0 [65+1]',
      '          ID: X25519 (31) [66+2]',
      '          attributes: 0 [68+0]',
      '        transform 4: ADDKE4(1030) [68+8]',
      '          next: last (0) [68+1]',
      '          reserved: 0 [69+1]',
      '          length: 8 [70+2]',
      '          type: ADDKE4 (9) [72+1]',
      '          reserved: 0 [73+1]',
      '          ID: private use (1030) [74+2]',
      '          attributes: 0 [76+0]',
      'KE [76+72]',
      '  next payload: NONE (0) [76+1]',
      '  critical: no [77+1]',
      '  length: 72 [78+2]',
      '  DH group: ECP-256 (19) [80+2]',
      '  reserved: 0 [82+2]',
      `  key exchange data: ${'00'.repeat(48)}… (64 octets) [84+64]`,
    ]);
  });

  it('ends where the message is broken, and says how', () => {
    const broken = encodeMessage(saInit);
    broken[43] = 200; // the length of the first transform
    const tree = dissect(broken);
    const text = lines(tree);
    expect(text.at(-1)).toBe('          length: expected a length of at most 36, found 200 [42+2]');
  });

  it('holds decrypted payloads inside the encrypted one', () => {
    const sk = { kind: 'SK', critical: false, firstPayload: 35, body: { encrypted: octets(64) } } as const;
    const tree = dissect(encodeMessage({ ...saInit, payloads: [sk] }));
    const { tree: inner } = inspectPayloads('IKEv2', 35, encodePayloads('IKEv2', auth));
    const nested = withInner(tree, inner).at(-1)!;
    expect(nested.name).toBe('SK');
    expect(nested.children.slice(-5).map(({ name }) => name)).toEqual(['IDi', 'AUTH', 'SA', 'TSi', 'TSr']);
    expect(
      withInner(dissect(encodeMessage(saInit)), inner)
        .slice(-5)
        .map(({ name }) => name),
    ).toEqual(['IDi', 'AUTH', 'SA', 'TSi', 'TSr']);
  });

  it('looks into notifications, signatures and configuration', () => {
    const payloads = [
      notify(16431, fromHex('00020004')!),
      ikev2Payload('N', { protocolId: 3, type: 16387, spi: none, data: fromHex('beef02')! }),
      ikev2Payload('AUTH', { method: 14, data: fromHex('02aabbcc')! }),
      ikev2Payload('CP', {
        cfgType: 2,
        attributes: [
          { type: 1, value: fromHex('c0000201')! },
          { type: 8, value: fromHex('20010db800000000000000000000000140')! },
          { type: 0x8003, value: none },
        ],
      }),
    ];
    const text = lines(dissect(encodeMessage({ ...saInit, payloads }))).join('\n');
    expect(text).toContain('hash 1: SHA2-256 (2)');
    expect(text).toContain('hash 2: SHA2-512 (4)');
    expect(text).toContain('transform ID: IPCOMP_DEFLATE (2)');
    expect(text).toContain('algorithm identifier: aabb');
    expect(text).toContain('attribute 1: INTERNAL_IP4_ADDRESS: 192.0.2.1');
    expect(text).toContain('attribute 2: INTERNAL_IP6_ADDRESS: 2001:db8::1/64');
    expect(text).toContain('type: INTERNAL_IP4_DNS (3), reserved bit set');
  });
});

describe('what nobody should read', () => {
  const secret = text('hunter2-hunter2');
  const hidden = [Buffer.from(secret).toString('latin1'), Buffer.from(secret).toString('hex')];
  const v1: Header = { ...header, version: { major: 1, minor: 0 }, exchangeType: 6, flags: 0 };

  it('is in no report', () => {
    const mode = [16522, 16523, 16525, 16528, 16529, 20000].map(
      (type) => ({ kind: 'TLV', type, value: secret }) as const,
    );
    const messages = [
      encodeMessage({
        kind: 'ISAKMP',
        header: v1,
        payloads: [isakmpPayload('CP', { cfgType: 2, identifier: 1, attributes: mode })],
      }),
      encodeMessage({
        ...saInit,
        payloads: [
          ikev2Payload('EAP', { message: { kind: 'Response', identifier: 1, type: 6, data: secret } }),
          notify(16409, Uint8Array.of(0, 0, 0, 9, ...secret)),
          notify(16413, secret),
          notify(16419, secret),
          notify(16437, secret),
        ],
      }),
    ];
    for (const message of messages) {
      const report = lines(dissect(message)).join('\n');
      for (const form of hidden) expect(report).not.toContain(form);
    }
    const report = lines(dissect(messages[0]!)).join('\n');
    expect(report).toContain('XAUTH_USER_PASSWORD (16522): [secret]');
    expect(report).toContain('private use (20000): 15 octets');
  });
});

describe('identities and selectors', () => {
  it('are text where they can be', () => {
    expect(identityText(1, fromHex('c0000201')!)).toBe('192.0.2.1');
    expect(identityText(1, fromHex('c00002')!)).toBe('c00002');
    expect(identityText(5, fromHex('20010db8000000000000000000000001')!)).toBe('2001:db8::1');
    expect(identityText(3, text('user@example.org'))).toBe('user@example.org');
    expect(identityText(11, text('key'))).toBe('6b6579');
    expect(identityText(13, none)).toBe('anonymous');
    expect(isakmpIdentityText(4, fromHex('0a010203ffff0000')!)).toBe('10.1.0.0/16');
    expect(isakmpIdentityText(4, fromHex('0a010203ff00ff00')!)).toBe('0a010203ff00ff00');
    expect(isakmpIdentityText(7, fromHex('0a0000010a000009')!)).toBe('10.0.0.1-10.0.0.9');
    expect(isakmpIdentityText(7, fromHex('0a0000090a000001')!)).toBe('0a0000090a000001');
    expect(isakmpIdentityText(6, fromHex(`20010db8${'00'.repeat(12)}ffffffff${'00'.repeat(12)}`)!)).toBe(
      '2001:db8::/32',
    );
    expect(isakmpIdentityText(8, fromHex(`${'00'.repeat(15)}01${'00'.repeat(15)}01`)!)).toBe('::1');
  });

  it('are distinguished names as RFC 4514 writes them', () => {
    const attribute = (oid: string, value: Uint8Array, tag = 0x0c): Uint8Array => {
      const type = fromHex(oid)!;
      const body = Uint8Array.of(6, type.length, ...type, tag, value.length, ...value);
      return Uint8Array.of(0x31, body.length + 2, 0x30, body.length, ...body);
    };
    const name = (...parts: readonly Uint8Array[]): Uint8Array => {
      const body = parts.flatMap((part) => [...part]);
      return Uint8Array.of(0x30, body.length, ...body);
    };
    expect(
      formatDistinguishedName(
        name(
          attribute('550406', text('DE'), 0x13),
          attribute('55040a', text('Example, Inc.')),
          attribute('550403', text('gw')),
        ),
      ),
    ).toBe('CN=gw,O=Example\\, Inc.,C=DE');
    expect(formatDistinguishedName(name(attribute('0992268993f22c640119', text('org'), 0x16)))).toBe('DC=org');
    expect(formatDistinguishedName(name(attribute('2a8648', text('x'))))).toBe('1.2.840=x');
    expect(formatDistinguishedName(name(attribute('550403', text('a\u0007'))))).toBe('CN=#6107');
    expect(formatDistinguishedName(name(attribute('550403', fromHex('f09f')!)))).toBe('CN=#f09f');
    expect(formatDistinguishedName(name(attribute('550403', text(' gw ')), attribute('55040b', text('#1'))))).toBe(
      'OU=\\#1,CN=\\ gw\\ ',
    );
    expect(formatDistinguishedName(name(attribute('550403', fromHex('00670077')!, 0x1e)))).toBe('CN=gw');
    expect(formatDistinguishedName(name())).toBe('');
    expect(formatDistinguishedName(fromHex('3003')!)).toBeUndefined();
  });

  it('show what selects', () => {
    expect(trafficSelectorText(selector)).toBe('10.0.0.0/16');
    expect(trafficSelectorText({ ...selector, ipProtocol: 6, startPort: 443, endPort: 443 })).toBe(
      '10.0.0.0/16 TCP 443',
    );
    expect(trafficSelectorText({ ...selector, ipProtocol: 17, startPort: 65535, endPort: 0 })).toBe(
      '10.0.0.0/16 UDP OPAQUE',
    );
    expect(trafficSelectorText({ ...selector, startAddress: 9, endAddress: 1 })).toBe('0.0.0.9-0.0.0.1');
    expect(
      trafficSelectorText({ ...selector, kind: 'TS_IPV6_ADDR_RANGE', startAddress: 0n, endAddress: (1n << 128n) - 1n }),
    ).toBe('::/0');
  });
});
