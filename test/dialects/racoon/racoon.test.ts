/** racoon.conf: remotes, sainfos, preshared keys, and the policies beside it. */
import { describe, expect, it } from 'vitest';
import { racoon } from '../../../src/dialects/racoon/dialect.js';
import { SourceText } from '../../../src/model/span.js';
import { filesOf, padOf, readDialect, templateOf } from '../../support/dialects.js';

const remote = (more = '', head = '192.0.2.2') => `remote ${head} {
	exchange_mode main;
	${more}
	proposal {
		encryption_algorithm aes 256;
		hash_algorithm sha256;
		authentication_method pre_shared_key;
		dh_group modp2048;
	}
}
`;
const sainfo =
  'sainfo anonymous { encryption_algorithm aes 256, 3des; authentication_algorithm hmac_sha256, hmac_sha1; lifetime time 1 hour; pfs_group 14; }\n';
const policies = `spdadd 10.1.0.0/16 10.2.0.0/16 any -P out ipsec esp/tunnel/192.0.2.1-192.0.2.2/require;
spdadd 10.2.0.0/16 10.1.0.0/16 any -P in ipsec esp/tunnel/192.0.2.2-192.0.2.1/require;
`;
const read = (text: string, files: Record<string, string> = {}) => readDialect(racoon, text, { files });

function readBoth(text: string) {
  return racoon.read!({
    name: 't',
    sources: [new SourceText('racoon.conf', text), new SourceText('ipsec-tools.conf', policies)],
    files: filesOf({}),
  });
}

describe('a remote', () => {
  it('is a PAD entry and an IKEv1 policy', () => {
    const reading = read(
      remote(
        'my_identifier fqdn "a.example"; peers_identifier fqdn "b.example"; verify_identifier on; passive on; nat_traversal force; dpd_delay 20; ike_frag on; lifetime time 2 hours;',
      ),
    );
    expect(padOf(reading)).toMatchObject({
      remote: { first: 0xc0000202, last: 0xc0000202 },
      ikeVersions: { value: [1] },
      exchange: { value: 'main' },
      localMethod: { value: 'PSK' },
      localId: { value: { type: 'FQDN', value: 'a.example' } },
      remoteId: { value: { kind: 'exact', type: 'FQDN', value: 'b.example' } },
      respondOnly: true,
      natTraversal: { value: 'FORCE' },
      dpdSeconds: { value: 20 },
      fragmentation: { value: true },
    });
    expect(reading.config.ikePolicies).toMatchObject([
      { version: 1, lifetimeSeconds: { value: 7200 }, proposals: [{ name: 'AES-CBC-256/HMAC-SHA2-256/MODP-2048' }] },
    ]);
  });

  it('does not look at the peer’s identity unless it is told to', () => {
    expect(padOf(read(remote('peers_identifier fqdn "b.example";'))).remoteId?.value).toEqual({ kind: 'anything' });
  });

  it('for anybody comes after those for one', () => {
    const { config } = read(remote('', 'anonymous') + remote());
    expect(config.pad.map(({ source }) => source.record.name)).toEqual(['192.0.2.2', 'anonymous', 'anonymous']);
  });

  it('inherits what it does not say; proposals as a whole', () => {
    const child =
      'remote 192.0.2.3 [8000] inherit 192.0.2.2 { nat_traversal force; }\nremote 192.0.2.4 inherit 192.0.2.3 [8000] { passive on; }\n';
    const { config, said } = read(remote() + child);
    expect(said.filter((line) => !line.includes('policy says') && !line.includes('path'))).toEqual([]);
    expect(config.pad.map(({ natTraversal, respondOnly }) => [natTraversal?.value, respondOnly])).toEqual([
      ['OFF', false],
      ['FORCE', false],
      ['FORCE', true],
    ]);
    expect(config.ikePolicies).toHaveLength(3);
    expect(read('remote 192.0.2.3 inherit nobody { }').said).toContain(
      "1:26 IMP001 there is no remote 'nobody' to inherit from",
    );
  });

  it('finds its key in psk.txt, which nobody sees', () => {
    const files = { '/etc/psk.txt': '# keys\n192.0.2.2\thunter2 with blanks\n192.0.2.3 0x6869\nbroken-hunter2\n' };
    const reading = read(`path pre_shared_key "/etc/psk.txt";\n${remote()}`, files);
    const key = padOf(reading).presharedKey?.value;
    expect(key?.kind === 'literal' && new TextDecoder().decode(key.secret.reveal())).toBe('hunter2 with blanks');
    expect(reading.sources.map((source) => source.masked(0, source.text.length)).join()).not.toContain('hunter2');
    expect(reading.said.join()).not.toContain('hunter2');
    expect(read(`path pre_shared_key "/etc/other.txt";\n${remote()}`).said[0]).toBe(
      "1:1 IMP003 '/etc/other.txt' is not there, so the preshared keys are not known",
    );
  });

  it('has XAUTH after the first authentication', () => {
    expect(padOf(read(remote().replace('pre_shared_key', 'xauth_psk_server')))).toMatchObject({
      localMethod: { value: 'PSK' },
      remoteRounds: [{ method: { value: 'XAUTH' } }],
    });
    expect(padOf(read(remote().replace('pre_shared_key', 'hybrid_rsa_client')))).toMatchObject({
      localMethod: { value: 'XAUTH' },
      remoteMethod: { value: 'RSASIG' },
    });
  });
});

describe('a sainfo', () => {
  it('gives each cipher with each integrity algorithm to the policies of its ends', () => {
    const reading = readBoth(remote() + sainfo);
    const template = templateOf(reading);
    expect(template.proposals.map(({ name }) => name)).toEqual([
      'ESP AES-CBC-256 HMAC-SHA2-256-128',
      'ESP AES-CBC-256 HMAC-SHA1-96',
      'ESP 3DES-CBC HMAC-SHA2-256-128',
      'ESP 3DES-CBC HMAC-SHA1-96',
    ]);
    expect(template.pfsGroups?.value.map(({ name }) => name)).toEqual(['MODP-2048']);
    expect(template.proposals[0]!.lifetimeSeconds.value).toBe(3600);
  });

  it('is the most particular one, whose ends are the policy’s', () => {
    const special =
      'sainfo address 10.1.0.0/16 any address 10.2.0.0/16 any { encryption_algorithm null_enc; authentication_algorithm hmac_md5; }\n';
    expect(templateOf(readBoth(remote() + sainfo + special)).proposals.map(({ name }) => name)).toEqual([
      'ESP NULL HMAC-MD5-96',
    ]);
    const other = special.replace('10.2.0.0/16', '10.2.0.0/17');
    const reading = readBoth(remote() + other + sainfo);
    expect(templateOf(reading).proposals).toHaveLength(4);
    expect(reading.problems.map(({ message }) => message)).toContain(
      'no policy has the ends of this sainfo, so it is used for nothing',
    );
  });

  it('without policies says that they are missing', () => {
    expect(
      read(`${remote('generate_policy on;')}`).said.some((line) =>
        line.includes('policies that are made from what a peer proposes'),
      ),
    ).toBe(true);
    expect(read(remote()).said).toContain('1:1 IMP003 no policy says which packets are protected');
  });
});

describe('faults', () => {
  it.each([
    ['remote nowhere { }', "1:8 IMP004 'nowhere' is no address of a peer"],
    ['sainfo address 10.0.0.0/8 anonymous { }', '1:27 IMP004 an upper protocol is missing'],
    ['path certificate;', "1:1 IMP001 'path' needs a kind and a path"],
    ['listen { isakmp 192.0.2.1[500] }', '1:10 IMP001 a statement ends with a semicolon, a block with a brace'],
    ['log notify', '1:1 IMP001 a statement ends with a semicolon, a block with a brace'],
    ['} log notify;', "1:1 IMP001 '}' has no counterpart"],
    ['timer { natt_kepalive 5 sec; }', "1:9 IMP002 'timer natt_kepalive' is no option that is known here"],
    ['include "gone.conf";', "1:9 IMP003 'gone.conf' is included, but there is no such file"],
  ])('%s', (text, expected) => {
    expect(read(text).said).toContain(expected);
  });

  it('of proposals stand where the word is', () => {
    const faulty = remote().replace('aes 256', 'rot13').replace('sha256', 'md17');
    expect(read(faulty).said).toContain('5:3 IMP004 this is no cipher that is known here');
    expect(read(remote().replace('aes 256', 'twofish 256')).said.join()).toContain(
      'the cipher twofish is not in the table',
    );
    expect(read(remote().replace('dh_group modp2048;', '')).said.join()).toContain('the proposal has no group');
  });

  it('does not show passwords of directories', () => {
    const reading = read('ldapcfg { host "h"; bind_pw "hunter2"; }\nradiuscfg { auth "h" 1812 "hunter2"; }\n');
    expect(reading.sources.map((source) => source.masked(0, source.text.length)).join()).not.toContain('hunter2');
    expect(reading.options.map(({ name, support }) => `${name} ${support}`)).toEqual([
      'ldapcfg partial',
      'ldapcfg host noted',
      'ldapcfg bind_pw noted',
      'radiuscfg partial',
      'radiuscfg auth noted',
    ]);
  });
});
