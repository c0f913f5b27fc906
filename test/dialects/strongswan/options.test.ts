/** Values that charon 5.9.8 takes, and those for which it refuses a connection (vici_config.c, load_creds.c). */
import { describe, expect, it } from 'vitest';
import { readSwanctl, saidOf } from '../support.js';

const connection = (setting: string) => `connections {\n c {\n ${setting}\n local { auth = psk }\n }\n}`;
const child = (setting: string) => connection(`children { n {\n ${setting}\n } }`);
const refuses = (text: string, version?: string) => saidOf(readSwanctl(text, undefined, version)).length > 0;

describe('a connection', () => {
  it.each([
    'childless = prefer',
    'childless = Sometimes',
    'dscp = 46',
    'mobike = maybe',
    'rekey_time = 1w',
    'unique = ""',
    'local-2 { auth = Pubkey }',
    'local-2 { auth = psk-sha256 }',
    'local-2 { auth = none }',
  ])('is refused for %s', (setting) => {
    expect(refuses(connection(setting))).toBe(true);
  });

  it.each([
    'childless = Allow',
    'dscp = 101110',
    'dscp =',
    'mobike = Yes',
    'rekey_time =',
    'rekey_time = ""',
    'rekey_time = 4H',
    'rekey_time = 1 h',
    'local-2 { auth = PSK }',
    'proposals = ,',
  ])('is taken with %s', (setting) => {
    expect(refuses(connection(setting))).toBe(false);
  });

  it('may prefer to be childless in later versions', () => {
    expect(refuses(connection('childless = prefer'), '6.0.0')).toBe(false);
  });
});

describe('a child', () => {
  it.each([
    'hw_offload = maybe',
    'hw_offload = packet',
    'copy_dscp = both',
    'tfc_padding = full',
    'label_mode = other',
    'mode = iptfs',
    'rekey_bytes = 1t',
    'mode = ""',
  ])('is refused for %s', (setting) => {
    expect(refuses(child(setting))).toBe(true);
  });

  it.each(['hw_offload = auto', 'copy_dscp = in', 'tfc_padding = mtu', 'tfc_padding = 1000', 'rekey_bytes = 10M'])(
    'is taken with %s',
    (setting) => {
      expect(refuses(child(setting))).toBe(false);
    },
  );
});

describe('a secret', () => {
  it.each(['""', '0x', '0s', '0sAAA', '0sAA!A'])('of %s is none', (secret) => {
    const { config, problems } = readSwanctl(`secrets { ike { secret = ${secret} } }`);
    expect(config.sharedSecrets).toEqual([]);
    expect(problems).toHaveLength(1);
  });

  it('in Base64 is read in groups of four', () => {
    const [secret] = readSwanctl('secrets { ike { secret = 0sUGxvdmVyLVNhAA } }').config.sharedSecrets!;
    const reference = secret!.secret.value;
    expect(reference.kind === 'literal' && Buffer.from(reference.secret.reveal()).toString()).toBe('Plover-Sa');
  });
});

describe('addresses', () => {
  const [first, second] = ['local_addrs = 192.0.2.1, %any', 'remote_addrs = 198.51.100.7, %any4'];

  it('of a family are those of the family', () => {
    const families = (word: string) =>
      readSwanctl(connection(`remote_addrs = ${word}`)).config.pad.map(({ remote }) => remote.family);
    expect(families('%any')).toEqual([4, 6]);
    expect(families('%any4')).toEqual([4]);
    expect(families('%any6')).toEqual([6]);
    expect(families('::')).toEqual([6]);
  });

  it('stay what they are beside an open one', () => {
    const { pad } = readSwanctl(connection(`${first}\n${second}`)).config;
    expect(pad.map(({ remote }) => remote.first === remote.last)).toEqual([true, false]);
    expect(pad[0]!.local!.map(({ first: from, last }) => from === last)).toEqual([true, false, false]);
  });
});
