import { describe, expect, it } from 'vitest';
import { SourceText } from '../../src/model/span.js';
import { loadSystem } from '../../src/services/load-system.js';
import { allFormats } from '../support/all-formats.js';

const racoon = `path pre_shared_key "/etc/racoon/psk.txt";
remote 192.0.2.1 {
  exchange_mode main;
  proposal { encryption_algorithm aes 128; hash_algorithm sha256; authentication_method pre_shared_key; dh_group modp2048; }
}
sainfo anonymous { encryption_algorithm aes 128; authentication_algorithm hmac_sha256; compression_algorithm deflate; }
`;
const setkey = `spdadd 10.1.0.0/16 10.2.0.0/16 any -P out ipsec esp/tunnel/192.0.2.2-192.0.2.1/require;
spdadd 10.2.0.0/16 10.1.0.0/16 any -P in ipsec esp/tunnel/192.0.2.1-192.0.2.2/require;
`;

function load(...files: readonly (readonly [string, string])[]) {
  return loadSystem({
    name: 'a',
    sources: files.map(([path, text]) => new SourceText(path, text)),
    formats: allFormats,
  });
}

describe('files of one system', () => {
  it.each([
    [['racoon.conf', racoon] as const, ['setkey.conf', setkey] as const],
    [['a.setkey', setkey] as const, ['racoon.conf', racoon] as const],
  ])('racoon.conf takes the policies of setkey along, in any order', (...files) => {
    const { config, problems, format } = load(...files);
    expect(format).toBe('racoon');
    expect(problems.filter(({ code }) => code === 'IMP005')).toEqual([]);
    const [protect] = config.spd.flatMap(({ action }) => (action.kind === 'PROTECT' ? [action] : []));
    expect(protect?.bundle[0]?.proposals[0]?.encryption[0]?.name).toBe('AES-CBC-128');
  });

  it('files of different products are told apart', () => {
    const { problems } = load(['swanctl.conf', 'connections { c { children { n { } } } }'], ['setkey.conf', setkey]);
    expect(problems.map(({ code }) => code)).toContain('IMP005');
  });
});
