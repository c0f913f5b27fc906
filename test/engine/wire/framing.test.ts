import { describe, expect, it } from 'vitest';
import { fromHex } from '../../../src/engine/wire/codec.js';
import {
  frameNatTraversal,
  keepalive,
  looksLikeIke,
  unframeIke,
  unframeNatTraversal,
} from '../../../src/engine/wire/framing.js';

const ike = fromHex(`0102030405060708${'00'.repeat(8)}2120220800000000${'0000001c'}`)!;

describe('a datagram on port 4500 (RFC 3948 §2)', () => {
  it('with the non-ESP marker is IKE', () => {
    expect(unframeNatTraversal(frameNatTraversal(ike))).toEqual({ kind: 'IKE', octets: ike, marker: true });
  });

  it('of one octet 0xff is a keepalive', () => {
    expect(unframeNatTraversal(keepalive())).toEqual({ kind: 'keepalive' });
    expect(unframeNatTraversal(Uint8Array.of(0xfe))).toMatchObject({ kind: 'other' });
    expect(unframeNatTraversal(new Uint8Array())).toMatchObject({
      kind: 'other',
      why: '0 octets are no SPI and no marker',
    });
  });

  it('with anything else first is ESP', () => {
    const esp = fromHex('00000001deadbeef')!;
    expect(unframeNatTraversal(esp)).toEqual({ kind: 'ESP', octets: esp });
    expect(unframeNatTraversal(fromHex('ffffffff')!)).toMatchObject({ kind: 'ESP' });
  });
});

describe('a datagram on port 500', () => {
  it('is IKE, or a keepalive', () => {
    expect(unframeIke(ike)).toEqual({ kind: 'IKE', octets: ike, marker: false });
    expect(unframeIke(new Uint8Array())).toMatchObject({ kind: 'IKE' });
    expect(unframeIke(keepalive())).toEqual({ kind: 'keepalive' });
  });

  it('with the eight zero octets of the first drafts is ESP', () => {
    const esp = fromHex('deadbeef00000001aabbccddeeff00112233')!;
    expect(unframeIke(Uint8Array.of(...new Uint8Array(8), ...esp))).toEqual({ kind: 'ESP', octets: esp });
  });

  it('with an initiator SPI of zero and an IKE header is IKE all the same', () => {
    const zero = ike.slice();
    zero.fill(0, 0, 8);
    expect(unframeIke(zero)).toMatchObject({ kind: 'IKE' });
    const responder = zero.slice();
    responder.fill(9, 8, 16);
    expect(unframeIke(responder)).toMatchObject({ kind: 'IKE' });
  });
});

describe('an unknown port', () => {
  it('has IKE on it only when all of the header fits', () => {
    expect(looksLikeIke(ike)).toBe(true);
    const v1 = ike.slice();
    v1.set([1, 0x10, 2], 16);
    expect(looksLikeIke(v1)).toBe(true);
    for (const [at, value] of [
      [0, 0],
      [16, 99],
      [17, 0x30],
      [18, 99],
      [27, 27],
    ] as const) {
      const changed = ike.slice();
      if (at === 0) changed.fill(0, 0, 8);
      changed[at] = value;
      expect(looksLikeIke(changed), `octet ${at}`).toBe(false);
    }
    expect(looksLikeIke(ike.subarray(1))).toBe(false);
  });
});
