import { describe, expect, it } from 'vitest';
import { hostSaOf } from '../../../src/backends/xfrm/host-sa.js';
import type { SaParameters } from '../../../src/engine/ipsec/sa.js';
import { parseAddress } from '../../../src/model/address.js';
import { Secret } from '../../../src/model/secret.js';
import { authenticationTransforms, encryptionTransforms } from '../../../src/model/transform.js';

const cipher = (name: string) => encryptionTransforms.find((each) => each.name === name)!;
const integrity = (name: string) => authenticationTransforms.find((each) => each.name === name)!;
const [local, remote] = [parseAddress('198.18.0.1')!, parseAddress('198.18.0.2')!];

const base: SaParameters = {
  direction: 'inbound',
  protocol: 'ESP',
  spi: 0x1234,
  mode: 'tunnel',
  local,
  remote,
  selectors: [],
  encryption: cipher('AES-CBC-128'),
  authentication: integrity('HMAC-SHA2-256-128'),
  keys: { encryption: new Secret(new Uint8Array(16)), authentication: new Secret(new Uint8Array(32)) },
  esn: false,
  replayWindow: 64,
  limits: { softSeconds: 3300, hardSeconds: 3600, hardKilobytes: 10 },
  manual: false,
};

describe('an SA of IKE for the kernel', () => {
  it('has the truncation of RFC 4868, and its limits', () => {
    expect(hostSaOf(base, 7)).toMatchObject({
      source: remote,
      destination: local,
      spi: 0x1234,
      protocol: 50,
      reqid: 7,
      replayWindow: 64,
      encryption: { name: 'cbc(aes)' },
      authentication: { name: 'hmac(sha256)', truncatedBits: 128 },
      limits: { softAddSeconds: 3300n, hardAddSeconds: 3600n, hardBytes: 10240n },
    });
  });

  it('goes the other way when it is outbound, without a window', () => {
    const udpEncapsulation = { localPort: 4500, remotePort: 1024 };
    expect(hostSaOf({ ...base, direction: 'outbound', udpEncapsulation }, 7)).toMatchObject({
      source: local,
      destination: remote,
      replayWindow: 0,
      encapsulation: { type: 2, sourcePort: 4500, destinationPort: 1024 },
    });
    expect(hostSaOf({ ...base, udpEncapsulation }, 7)).toMatchObject({
      encapsulation: { sourcePort: 1024, destinationPort: 4500 },
    });
  });

  it('is of the XFRM interface of its policy', () => {
    expect(hostSaOf(base, 7, 3)).toMatchObject({ ifId: 3, mark: { value: 0, mask: 0 } });
    expect(hostSaOf(base, 7)).toMatchObject({ ifId: 0 });
  });

  it('has ESN with a window only', () => {
    expect(hostSaOf({ ...base, esn: true, direction: 'outbound' }, 7)).toMatchObject({ esn: true, replayWindow: 32 });
    expect(hostSaOf({ ...base, esn: true }, 7)).toMatchObject({ esn: true, replayWindow: 64 });
    expect(hostSaOf({ ...base, esn: true, replayWindow: 0 }, 7)).toMatchObject({
      fault: 'the kernel has extended sequence numbers with an anti-replay window only',
    });
  });

  it('has one algorithm when that is a combined one', () => {
    const { authentication: _, ...rest } = base;
    const made = hostSaOf(
      { ...rest, encryption: cipher('AES-GCM-16-128'), keys: { encryption: new Secret(new Uint8Array(20)) } },
      7,
    );
    expect(made).toMatchObject({ aead: { name: 'rfc4106(gcm(aes))', icvBits: 128 } });
    expect(made).not.toHaveProperty('encryption');
    expect(made).not.toHaveProperty('authentication');
  });

  it('is refused where the kernel cannot have it', () => {
    expect(hostSaOf({ ...base, replayWindow: 5000 }, 7)).toEqual({ fault: expect.stringContaining('4096') });
  });
});
