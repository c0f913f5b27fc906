import { describe, expect, it } from 'vitest';
import { describeConfig } from '../../src/model/describe-config.js';
import { SourceText } from '../../src/model/span.js';
import { loadSystem } from '../../src/services/load-system.js';
import { allFormats } from '../support/all-formats.js';

const secret = 'kX9vQ2mTzR7bLwY4sHfJ8cPe';
const text = `connections {
  c {
    local_addrs = 10.1.1.1
    remote_addrs = 192.0.2.1
    local { auth = psk }
    remote { auth = psk }
    children { net { local_ts = 10.1.0.0/16
      remote_ts = 10.2.0.0/16
      esp_proposals = aes128gcm16-x25519 } }
  }
}
secrets { ike-c { secret = ${secret} } }
`;

function entries() {
  const { config } = loadSystem({ name: 'a', sources: [new SourceText('swanctl.conf', text)], formats: allFormats });
  return describeConfig(config);
}

describe('a configuration in words', () => {
  it('has the three databases in search order, each entry named by what it was made from', () => {
    const heads = entries().map(({ database, kind, name }) => `${database} ${kind} ${name}`);
    expect(heads.slice(0, 2)).toEqual(['spd builtin ike-sockets', 'spd child c.net']);
    expect(heads).toContain('pad connection c');
    expect(heads).toContain('ike connection c');
  });

  it('tells what is written from what the product brings along', () => {
    const net = entries().find(({ name }) => name === 'c.net');
    const fields = new Map(net!.fields.map(({ name, value, origin }) => [name, { value, kind: origin.kind }]));
    expect(fields.get('selector')).toEqual({ value: '10.1.0.0/16 <-> 10.2.0.0/16', kind: 'explicit' });
    expect(fields.get('proposal')).toEqual({
      value: 'aes128gcm16-x25519: ESP / AES-GCM-16-128 / X25519',
      kind: 'explicit',
    });
    expect(fields.get('lifetime')?.kind).toBe('builtin');
  });

  it('never shows a key', () => {
    expect(
      JSON.stringify(entries(), (key, value) => (key === 'at' || key === 'source' ? undefined : value)),
    ).not.toContain(secret);
  });
});
