/**
 * Every option that a product knows is known to its reader: the names are those of the products' own tables, by place, in
 * files beside this test. What a reader makes of each is its own matter; that none is unknown, or passed over, is ours.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Dialect } from '../../src/dialects/dialect.js';
import { iked, ipsecctl } from '../../src/dialects/iked/dialect.js';
import { libreswan, openswan, starter } from '../../src/dialects/libreswan/dialect.js';
import { racoon, setkey } from '../../src/dialects/racoon/dialect.js';
import { strongswan } from '../../src/dialects/strongswan/dialect.js';
import { xfrm } from '../../src/dialects/xfrm/dialect.js';
import { readDialect } from '../support/dialects.js';

const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), 'option-names');

/** Names by the place that they stand in. */
function namesOf(file: string): ReadonlyMap<string, readonly string[]> {
  const places = new Map<string, string[]>();
  let names: string[] = [];
  for (const line of readFileSync(path.join(folder, `${file}.txt`), 'utf8').split('\n')) {
    if (line.startsWith('#') || line.trim() === '') continue;
    if (line.startsWith(' ')) names.push(...line.trim().split(' '));
    else {
      names = [];
      places.set(line, names);
    }
  }
  return places;
}

/** Reads a text whose options are all known: each must be accounted for by its name, and none as unknown. */
function expectKnown(dialect: Dialect, text: string, names: readonly string[], version?: string, file = 'main.conf') {
  const reading = readDialect(dialect, text, { path: file, ...(version === undefined ? {} : { version }) });
  const reported = new Map(reading.options.map(({ name, support }) => [name, support]));
  expect(reading.options.filter(({ support }) => support === 'unknown').map(({ name }) => name)).toEqual([]);
  expect(names.filter((name) => !reported.has(name))).toEqual([]);
  expect(reading.said.filter((line) => / IMP001 /.test(line) && !line.endsWith('a remote has no proposal'))).toEqual(
    [],
  );
}

function expectUnknown(dialect: Dialect, text: string, name: string, file = 'main.conf'): void {
  const { options, problems } = readDialect(dialect, text, { path: file });
  expect(options.filter(({ support }) => support === 'unknown').map((option) => option.name)).toEqual([name]);
  expect(problems.filter(({ code }) => code === 'IMP002')).toHaveLength(1);
}

const versionsOf = (product: string) =>
  readdirSync(folder)
    .filter((file) => file.startsWith(`${product}-`))
    .map((file) => file.slice(product.length + 1, -'.txt'.length));

describe('swanctl.conf', () => {
  it.each(versionsOf('swanctl'))('of strongSwan %s', (version) => {
    const names: string[] = [];
    const lines: string[] = [];
    for (const [place, settings] of namesOf(`swanctl-${version}`)) {
      const section = place
        .replaceAll('<suffix>', '-x')
        .replace(/<(\w+)>/g, '$1')
        .split('.');
      for (const setting of settings) {
        const key = setting.replace('<attr>', 'dns').replaceAll('<suffix>', '-x');
        names.push([...section, key].join('.'));
        lines.push(`${section.map((name) => `${name} {`).join(' ')} ${key} = 1\n${'}'.repeat(section.length)}`);
      }
    }
    expect(names.length).toBeGreaterThan(130);
    expectKnown(strongswan, lines.join('\n'), names, version, 'swanctl.conf');
  });

  it('takes no others', () => {
    expectUnknown(strongswan, 'connections { c { dpd_dealy = 1\n} }', 'connections.c.dpd_dealy', 'swanctl.conf');
  });
});

describe('strongswan.conf', () => {
  it.each(versionsOf('charon'))('of strongSwan %s', (version) => {
    const places = namesOf(`charon-${version}`);
    const [settings, sections] = [places.get('setting')!, places.get('section')!];
    const lines = [...settings.map((name) => `${name} = 1`), ...sections.map((name) => `${name} { any = 1\n}`)];
    const names = [...settings.map((name) => `charon.${name}`), ...sections.map((name) => `charon.${name}.any`)];
    expect(names.length).toBeGreaterThan(90);
    expectKnown(strongswan, `charon {\n${lines.join('\n')}\n}\n`, names, version, 'strongswan.conf');
  });

  it('takes no others, which charon ignores', () => {
    const text = (inner: string) => `charon {\n${inner}\n}\n`;
    expectUnknown(strongswan, text('retransmit_tires = 9'), 'charon.retransmit_tires', 'strongswan.conf');
    expectUnknown(strongswan, text('plugin { x = 1\n}'), 'charon.plugin', 'strongswan.conf');
  });
});

describe.each([
  ['Libreswan', 'libreswan', libreswan],
  ['Openswan', 'openswan', openswan],
  ['strongSwan’s starter', 'starter', starter],
] as const)('ipsec.conf of %s', (_title, product, dialect) => {
  it.each(versionsOf(product))('%s', (version) => {
    const places = namesOf(`${product}-${version}`);
    const section = (head: string, keys: readonly string[]) => `${head}\n${keys.map((key) => `\t${key}=1\n`).join('')}`;
    const { setup = [], conn = [], ca = [], end = [] } = Object.fromEntries(places);
    const ends = ['left', 'right'].flatMap((side) => ['', ...end].map((name) => side + name));
    const keys = conn.filter((key) => !['also', 'alsoflip'].includes(key));
    const text = [
      section('config setup', setup),
      section('conn t', [...ends, ...keys]),
      ...(ca.length > 0
        ? [
            section(
              'ca t',
              ca.filter((key) => key !== 'also'),
            ),
          ]
        : []),
    ].join('\n');
    const names = [...setup.map((key) => `config setup: ${key}`), ...[...ends, ...keys].map((key) => `conn t: ${key}`)];
    expect(names.length).toBeGreaterThan(110);
    expectKnown(dialect, text, names, dialect.versions.includes(version) ? version : undefined, 'ipsec.conf');
  });

  it('takes no others', () => {
    expectUnknown(dialect, 'conn t\n\tleft=192.0.2.1\n\tdpddealy=1\n', 'conn t: dpddealy', 'ipsec.conf');
  });
});

describe('racoon.conf', () => {
  it.each(versionsOf('racoon'))('of ipsec-tools %s', (version) => {
    const names: string[] = [];
    const lines: string[] = [];
    const around: Readonly<Record<string, (text: string) => string>> = {
      file: (text) => text,
      proposal: (text) => `remote anonymous { proposal { ${text} } }`,
      remote: (text) => `remote anonymous { ${text} }`,
      sainfo: (text) => `sainfo anonymous { ${text} }`,
    };
    const blocks = /^(?:privsep|padding|listen|radiuscfg|ldapcfg|mode_cfg|timer|sainfo|remote|proposal)$/;
    for (const [place, statements] of namesOf(`racoon-${version}`))
      for (const statement of statements) {
        if (['include', 'path'].includes(statement)) continue;
        names.push(place === 'file' ? statement : `${place} ${statement}`);
        const isBlock = blocks.test(statement) && !(place === 'remote' && statement === 'mode_cfg');
        const head = ['sainfo', 'remote'].includes(statement) ? `${statement} anonymous` : statement;
        const text = isBlock ? `${head} { }` : `${statement} 1;`;
        lines.push((around[place] ?? ((inner) => `${place} { ${inner} }`))(text));
      }
    expect(names.length).toBeGreaterThan(100);
    expectKnown(racoon, lines.join('\n'), names, undefined, 'racoon.conf');
  });

  it('takes no others, in any block', () => {
    for (const block of ['listen', 'timer', 'padding', 'privsep', 'mode_cfg', 'ldapcfg', 'radiuscfg'])
      expectUnknown(racoon, `${block} { strange 1; }`, `${block} strange`, 'racoon.conf');
  });
});

describe('iked.conf', () => {
  const rule = (rest: string, head = '') => `ikev2 ${head} esp from 10.1.0.0/16 to 10.2.0.0/16 ${rest}`;
  const childAuth = (cipher: string) => (/gcm|chacha|gmac/.test(cipher) ? '' : 'auth hmac-sha2-256');

  /** Statements that together have every word. */
  function statements(places: ReadonlyMap<string, readonly string[]>): readonly string[] {
    const each = (place: string, statement: (name: string) => string) => places.get(place)!.map(statement);
    return [
      'set active\nset passive\nset couple\nset decouple\nset fragmentation\nset nofragmentation\nset mobike\nset nomobike',
      'set vendorid\nset novendorid\nset enforcesingleikesa\nset noenforcesingleikesa\nset stickyaddress',
      'set nostickyaddress\nset cert_partial_chain\nset dpd_check_interval 30',
      'set ocsp "http://ocsp.example/"\nset ocsp "http://ocsp.example/" tolerate 30m maxage 2h',
      'user "someone" "hunter2"',
      'ikev2 "n" quick passive ipcomp transport natt ah inet proto tcp from 10.1.0.1 port 1000 to 10.2.0.1 port 80',
      'ikev2 "n" skip active tunnel esp inet6 proto { udp, icmp } from 2001:db8::1 to 2001:db8::2',
      'ikev2 default esp rdomain 1 from dynamic to any local any peer any',
      rule(
        'srcid a.example dstid b.example ikelifetime 8h lifetime 1h bytes 1G psk "hunter2" tag "t" tap "enc1" iface lo1',
      ),
      rule('psk file "/etc/iked/psk"'),
      rule('eap "mschap-v2" config name-server 10.0.0.1 request address any'),
      rule('childsa enc aes-128 auth hmac-sha2-256 esn'),
      rule('childsa enc aes-128 auth hmac-sha2-256 noesn'),
      ...each('ike cipher', (name) => rule(`ikesa enc ${name} prf hmac-sha2-256 group ecp256`)),
      ...each('child cipher', (name) => rule(`childsa enc ${name} ${childAuth(name)}`)),
      ...each('hash', (name) => rule(`ikesa auth ${name} enc aes-128 prf ${name} group ecp256`)),
      ...each('group', (name) => rule(`childsa enc aes-128 auth hmac-sha2-256 group ${name}`)),
      ...each('method', (name) => rule(name)),
      ...each('configuration', (name) => rule(`config ${name} 10.0.0.1`)),
    ];
  }

  it.each(versionsOf('iked'))('of OpenIKED %s', (version) => {
    const places = namesOf(`iked-${version}`);
    const list = statements(places);
    const said = list.flatMap((statement) => {
      const { options, problems } = readDialect(iked, statement, { path: 'iked.conf' });
      const isUnknown = options.some(({ support }) => support === 'unknown');
      const isRefused = problems.some(({ code }) => ['IMP001', 'IMP002', 'IMP004'].includes(code));
      return isUnknown || isRefused ? [`${statement}: ${problems.map(({ message }) => message).join('; ')}`] : [];
    });
    expect(said).toEqual([]);
    // flow, sa, tcpmd5 and ike are of OpenBSD's ipsec.conf, which iked passes over; the others stand above.
    const elsewhere = new Set(['flow', 'sa', 'tcpmd5', 'ike', 'include', 'name']);
    const text = list.join(' ');
    expect(
      places.get('word')!.filter((word) => !elsewhere.has(word) && !new RegExp(`\\b${word}\\b`).test(text)),
    ).toEqual([]);
  });

  it('takes no others', () => {
    expectUnknown(iked, 'set mobility', 'set mobility', 'iked.conf');
    expectUnknown(iked, 'ikev3 from any to any', 'ikev3', 'iked.conf');
  });
});

describe('ipsec.conf of OpenBSD', () => {
  const ends = 'from 10.1.0.0/16 to 10.2.0.0/16';

  it.each(versionsOf('ipsecctl'))('%s', (version) => {
    const places = namesOf(`ipsecctl-${version}`);
    const each = (place: string, statement: (name: string) => string) => places.get(place)!.map(statement);
    const list = [
      ...each('type', (name) => `flow esp ${ends} peer 192.0.2.2 type ${name}`),
      'flow in proto tcp from 10.1.0.1 port 80 to any local 192.0.2.1 peer 192.0.2.2 srcid a.example dstid b.example',
      `flow ipcomp out ${ends}`,
      `flow ipip ${ends}`,
      ...['passive', 'active', 'dynamic'].map(
        (word) =>
          `ike ${word} esp transport ${ends} main auth hmac-sha1 enc aes lifetime 3600 quick enc aes psk "hunter2" tag "x"`,
      ),
      `ike ah tunnel ${ends} peer any aggressive auth hmac-sha1 enc aes group modp1024 rsa`,
      ...each('cipher', (name) => `ike esp ${ends} quick ${/gcm|gmac/.test(name) ? '' : 'auth hmac-sha1'} enc ${name}`),
      ...each('hash', (name) => `ike esp ${ends} quick auth ${name} enc aes`),
      ...each('group', (name) => `ike esp ${ends} main group ${name} quick group ${name}`),
      'esp from 192.0.2.1 to 192.0.2.2 spi 0x1000 auth hmac-sha1 enc aes authkey file "/etc/a" enckey file "/etc/e"',
      'ipcomp from 192.0.2.1 to 192.0.2.2 spi 0x1000 comp deflate',
      'tcpmd5 from 192.0.2.1 to 192.0.2.2 spi 0x1000 authkey file "/etc/a"',
      'include "/etc/other.conf"',
    ];
    const said = list.flatMap((statement) => {
      const { options, problems } = readDialect(ipsecctl, statement, { path: 'ipsec.conf' });
      const isRefused = problems.some(({ code }) => ['IMP001', 'IMP002', 'IMP004'].includes(code));
      const isUnknown = options.length === 0 || options.some(({ support }) => support === 'unknown');
      return isUnknown || isRefused ? [`${statement}: ${problems.map(({ message }) => message).join('; ')}`] : [];
    });
    expect(said).toEqual([]);
    const text = list.join(' ');
    expect(places.get('word')!.filter((word) => !new RegExp(`\\b${word}\\b`).test(text))).toEqual([]);
  });

  it('takes no others', () => expectUnknown(ipsecctl, `flows esp ${ends}`, 'flows', 'ipsec.conf'));
});

describe('ip xfrm', () => {
  const selector = 'src 10.1.1.1/32 dst 10.2.2.2/32';
  const words = (option: string) => option.replace('=', ' ').replaceAll(',', ' ');
  const read = (text: string) => readDialect(xfrm, text, { path: 'policy.batch' });

  it.each(versionsOf('ip-xfrm'))('of iproute2 %s', (version) => {
    const places = namesOf(`ip-xfrm-${version}`);
    const each = (place: string, statement: (name: string) => string) => places.get(place)!.map(statement);
    const list = [
      ...each('policy', (option) => `xfrm policy add ${selector} dir out ${words(option)}`),
      ...each('protocol', (name) => `xfrm policy add ${selector} proto ${name} dir fwd`),
      ...each('state', (option) => `xfrm state add src 10.1.1.1 dst 10.2.2.2 proto esp spi 0x1001 ${words(option)}`),
    ].map((line) => line.replace('icmp type', 'icmp type 8'));
    // Without policies SAs lead nowhere, which is no fault of their words.
    const said = list.flatMap((line) => read(line).problems.map(({ message }) => `${line}: ${message}`));
    expect(said.filter((line) => !/only outbound|forwarded packets that is no inbound/.test(line))).toEqual([]);
    for (const place of ['policy', 'state'])
      for (const command of places.get(`${place} command`)!) {
        const { options, problems } = read(`xfrm ${place} ${command} src 10.1.1.1 dst 10.2.2.2 proto esp spi 1 dir in`);
        if (!['add', 'update'].includes(command))
          expect([command, options[0]?.support, problems.filter(({ code }) => code !== 'IMP006')]).toEqual([
            command,
            'noted',
            [],
          ]);
      }
    for (const option of places.get('partial policy')!) {
      const [name] = option.split('=');
      const line =
        name === 'dev'
          ? `xfrm policy add ${selector} ${words(option)} dir out`
          : `xfrm policy add ${selector} dir out ${words(option)}`;
      expect([option, read(line).problems.map(({ code }) => code)]).toEqual([option, ['IMP003']]);
    }
  });

  it('takes no others', () => {
    for (const line of [
      `xfrm policy add ${selector} dir out strange 1`,
      'xfrm state add src 10.1.1.1 dst 10.2.2.2 proto esp spi 1 strange',
    ])
      expect(
        read(line)
          .problems.map(({ message }) => message)
          .join(),
      ).toContain("'strange' is not understood");
  });
});

describe('setkey', () => {
  const digits: Readonly<Record<string, number>> = {
    'hmac-md5': 32,
    'hmac-sha1': 40,
    'keyed-md5': 32,
    'keyed-sha1': 40,
    'hmac-ripemd160': 40,
    'aes-xcbc-mac': 32,
    'des-cbc': 16,
    'des-deriv': 16,
    'des-32iv': 16,
    '3des-cbc': 48,
    'aes-ctr': 40,
  };
  const key = (name: string) => {
    const length = /(256|384|512)/.exec(name);
    const count = name === 'null' || name === 'simple' ? 0 : (digits[name] ?? (length ? Number(length[1]) / 4 : 32));
    return count === 0 ? '' : ` 0x${'12345678'.repeat(16).slice(0, count)}`;
  };
  const sa = (rest: string, protocol = 'esp') => `add 192.0.2.1 192.0.2.2 ${protocol} 0x1000 ${rest};`;

  it.each(versionsOf('setkey'))('of ipsec-tools %s', (version) => {
    const places = namesOf(`setkey-${version}`);
    const commands: Readonly<Record<string, string>> = {
      add: sa('-E null -A hmac-sha1 0x0123456789012345678901234567890123456789'),
      delete: 'delete 192.0.2.1 192.0.2.2 esp 0x1000;',
      deleteall: 'deleteall 192.0.2.1 192.0.2.2 esp;',
      get: 'get 192.0.2.1 192.0.2.2 esp 0x1000;',
      spdadd: 'spdadd 192.0.2.1 192.0.2.2 any -P out none;',
      spdupdate: 'spdupdate 192.0.2.1 192.0.2.2 any -P out none;',
      spddelete: 'spddelete 192.0.2.1 192.0.2.2 any -P out;',
      tagged: 'spdadd tagged "x" -P out none;',
    };
    const list = [
      ...places.get('command')!.map((name) => commands[name] ?? `${name};`),
      ...places
        .get('protocol')!
        .map((name) =>
          sa(
            name === 'ipcomp'
              ? '-C deflate'
              : name.startsWith('ah')
                ? '-A hmac-sha1 0x0123456789012345678901234567890123456789'
                : name === 'tcp'
                  ? '-A tcp-md5 "hunter2"'
                  : '-E des-cbc 0x0123456789012345',
            name,
          ),
        ),
      ...places.get('authentication')!.map((name) => sa(`-A ${name}${key(name)}`, 'ah')),
      ...places.get('encryption')!.map((name) => sa(`-E ${name}${key(name)}`)),
      ...places.get('compression')!.map((name) => sa(`-C ${name}`, 'ipcomp')),
      ...places.get('extension')!.map((name) => sa(`-f ${name} -E null`)),
    ];
    const said = list.flatMap((statement) => {
      const { options, problems } = readDialect(setkey, statement, { path: 'setkey.conf' });
      const isUnknown = options.some(({ support }) => support === 'unknown');
      const isRefused = problems.some(({ code }) => ['IMP001', 'IMP002', 'IMP004'].includes(code));
      return isUnknown || isRefused ? [`${statement}: ${problems.map(({ message }) => message).join('; ')}`] : [];
    });
    expect(said).toEqual([]);
  });

  it('takes no others', () => expectUnknown(setkey, 'spdad 192.0.2.1 192.0.2.2 any -P out none;', 'spdad'));
});
