/**
 * Seeded repositories in batch form for tests and benchmarks: what a large system's file looks like, and one made to hurt.
 * Equal options give equal texts.
 */
import { formatAddress } from '../../src/model/address.js';
import { type Random, seededRandom } from '../../src/model/selector/sampling.js';

export interface RandomRecordsOptions {
  /** Host policies; a tunnel comes with every 50th, an auth record with every 5th and an IKE policy with every 20th. */
  readonly hosts: number;
  readonly seed?: number;
  /** Share of sites whose addresses are IPv6; 0.15 when absent. */
  readonly ipv6?: number;
  /** Share of host policies that are placed wrongly or needlessly; 0.02 when absent. */
  readonly mistakes?: number;
}

const pick = <T>(from: readonly T[], random: Random): T => from[Math.floor(random() * from.length)]!;
const below = (limit: number, random: Random): number => Math.floor(random() * limit);

/** An organisation's site: a network of nets of hosts, reached directly or through a gateway. */
interface Site {
  readonly family: 4 | 6;
  readonly number: number;
  /** Name of its tunnel, if it has a gateway. */
  readonly tunnel?: string;
}

const services = ['TELNET', 'SMTP', 'HTTP-TCP', 'DNS-UDP', 'FTP-CONTROL', 'REMSH', 'NTP'] as const;
const ports = ['22', '443', '636', '1521', '3306', '5432', '8080-8090', '10000-10999'] as const;
const transforms = [
  'ESP_AES128_HMAC_SHA1',
  'ESP_AES256_HMAC_SHA2_256',
  'ESP_AES256_HMAC_SHA2_256/28800/0,ESP_AES128_HMAC_SHA1/28800/0',
  'ESP_AES128_HMAC_SHA1/3600/0,ESP_3DES_HMAC_SHA1/3600/0',
  'ESP_AES256_GCM16',
] as const;

/**
 * A system with some dozens of local addresses that talks to many sites: exceptions for services and hosts before nets before
 * whole sites, tunnels to gateways, a few wide policies at the end; comments, continued lines, lists and ranges. A few
 * per cent of the policies are shadowed, redundant, correlated or without a written priority.
 */
export function randomRecords({ hosts, seed = 1, ipv6 = 0.15, mistakes = 0.02 }: RandomRecordsOptions): string {
  const random = seededRandom(seed);
  const sites = Array.from({ length: Math.max(1, Math.round(hosts / 400)) }, (_, number): Site => {
    const family = random() < ipv6 ? 6 : 4;
    return { family, number, ...(random() < 0.4 ? { tunnel: `gw-${number}` } : {}) };
  });
  const drafts: { readonly rank: number; readonly text: string }[] = [];
  while (drafts.length < hosts) drafts.push(hostPolicy(drafts.length, pick(sites, random), mistakes, random));
  drafts.sort((a, b) => b.rank - a.rank);

  const lines: string[] = ['# Policies of one system, the most specific first.'];
  for (const site of sites) lines.push(...siteRecords(site, random));
  let priority = 0;
  for (const [at, { text }] of drafts.entries()) {
    if (at % 200 === 0) lines.push('', `# Part ${at / 200 + 1}`);
    priority += 10;
    // Where none is written the product assigns the highest one plus 10, which is this one.
    lines.push(text.replace(' PRIORITY', random() < mistakes / 10 ? '' : ` -priority ${priority}`));
  }
  lines.push('', '# How the peers are known');
  for (let at = 0; at < hosts / 5; at += 1) lines.push(authRecord(at, pick(sites, random), random));
  for (let at = 0; at < hosts / 20; at += 1) lines.push(ikeRecord(at, pick(sites, random), random));
  return `${lines.join('\n')}\n`;
}

/** The longest length of prefixes by depth: site, net, host. */
const lengths = { 4: [16, 24, 32], 6: [48, 64, 128] } as const;

/** A prefix of a site in text; `depth` 0 is the site, 1 a net, 2 a host. */
function prefix({ family, number }: Site, depth: 0 | 1 | 2, random: Random): string {
  const net = depth > 0 ? below(200, random) : 0;
  const host = depth > 1 ? 1 + below(250, random) : 0;
  if (family === 4) {
    const value = (10 + (number >> 8)) * 2 ** 24 + (number & 255) * 2 ** 16 + net * 256 + host;
    return `${formatAddress(4, value)}/${lengths[4][depth]}`;
  }
  const value = (0x20010db8n << 96n) | (BigInt(number) << 80n) | (BigInt(net) << 64n) | BigInt(host);
  return `${formatAddress(6, value)}/${lengths[6][depth]}`;
}

/** One of the system's own addresses; for nets and sites often the whole of them, as far as transport mode allows. */
function localPrefix(family: 4 | 6, wide: boolean, random: Random): string {
  const host = 1 + below(40, random);
  if (family === 4) return wide ? pick(['172.16.1.0/24', '0.0.0.0/0'], random) : `172.16.1.${host}/32`;
  return wide ? pick(['2001:db8:ffff:1::/64', '::/0'], random) : `2001:db8:ffff:1::${host.toString(16)}/128`;
}

function hostPolicy(at: number, site: Site, mistakes: number, random: Random): { rank: number; text: string } {
  const dice = random();
  const depth = dice < 0.05 ? 0 : dice < 0.45 ? 1 : 2;
  const source = localPrefix(site.family, random() < [0.6, 0.3, 0.03][depth]!, random);
  const destination = prefix(site, depth, random);
  const kind = random();
  let words = `-source ${source} -destination ${destination}`;
  let services_ = 1;
  if (kind < 0.1) words = `-source ${source} -destination ${destination}/${pick(services, random)}`;
  else if (kind < 0.2) words += `/${pick(ports, random)} -protocol TCP`;
  else if (kind < 0.25) words = `-source ${source}/${pick(ports, random)} -destination ${destination} -protocol TCP`;
  else if (kind < 0.3) words += ` -protocol ${pick(['TCP', 'UDP'], random)}`;
  else {
    services_ = 0;
    if (kind < 0.33) words += ` -destination ${prefix(site, depth, random)}`;
    else if (kind < 0.35 && site.family === 4 && depth === 2) {
      const [address = ''] = destination.split('/');
      const low = address.split('.').slice(0, 3).join('.');
      const first = 1 + below(100, random);
      words = `-source ${source} -destination ${low}.${first}-${low}.${first + 1 + below(100, random)}`;
    } else if (kind < 0.36 && site.family === 4) words += ' -protocol ICMP -src_icmp_type 3,8 -dst_icmp_type 0,3,11';
  }
  const action = random();
  const through = site.tunnel && action < 0.7 && services_ === 0;
  if (through) words += ` -tunnel ${site.tunnel} -action PASS`;
  else if (action < 0.75) words += ` -action ${pick(transforms, random)}`;
  else words += action < 0.9 ? ' -action PASS' : ' -action DISCARD';
  if (!through && action < 0.03) words += ' -flags EXCLUSIVE';
  const broken = at % 7 === 0 ? ' \\\n   ' : '';
  const rank = 10 * depth + 4 * services_ + (random() < mistakes ? (random() - 0.5) * 40 : random());
  return { rank, text: `add host p${at} PRIORITY${broken} ${words}` };
}

function siteRecords(site: Site, random: Random): string[] {
  if (!site.tunnel) return [];
  const [local, peer] =
    site.family === 4
      ? ['172.16.1.1', `198.51.${100 + (site.number >> 8)}.${site.number & 255}`]
      : ['2001:db8:ffff:1::1', `2001:db8:fffe::${(site.number + 1).toString(16)}`];
  const net = site.family === 4 ? '172.16.1.0/24' : '2001:db8:ffff:1::/64';
  const destination = prefix(site, 0, random);
  return [
    `add tunnel ${site.tunnel} -tsource ${local} -tdestination ${peer} \\`,
    `    -source ${net} -destination ${destination} -action ${pick(transforms, random)}`,
  ];
}

function authRecord(at: number, site: Site, random: Random): string {
  const depth = random() < 0.1 ? 0 : random() < 0.3 ? 1 : 2;
  const head = `add auth a${at} -remote ${prefix(site, depth, random)} -priority ${(3 - depth) * 1_000_000 + at}`;
  const dice = random();
  if (dice < 0.6) return `${head} -kmp IKEV2 -preshared ${wordFrom('Kz7', random)}${wordFrom('Qx', random)}-${at}`;
  if (dice < 0.8) {
    return `${head} -kmp IKEV2 -local_method RSASIG -remote_method RSASIG -rtype FQDN -rid h${at}.s${site.number}.example.com`;
  }
  return `${head} -kmp IKEV1 -exchange MM -preshared ${wordFrom('Mv4', random)}-${at}`;
}

function ikeRecord(at: number, site: Site, random: Random): string {
  const depth = random() < 0.5 ? 0 : 1;
  const remote = prefix(site, depth, random);
  const priority = (2 - depth) * 1_000_000 + at;
  return random() < 0.3
    ? `add ikev1 i${at} -remote ${remote} -priority ${priority} -group 14 -hash SHA1 -encryption AES128-CBC -life 28800`
    : `add ikev2 i${at} -remote ${remote} -priority ${priority} -group 19,14 -hash HMAC-SHA1 -encryption AES128-CBC -prf HMAC-SHA1 -pfs ON`;
}

function wordFrom(start: string, random: Random): string {
  return start + below(2 ** 31, random).toString(36);
}

/** Policies that all overlap one another with random borders and different actions: hard to decide, to index and to describe. */
export function adversarialRecords({ hosts, seed = 1 }: { readonly hosts: number; readonly seed?: number }): string {
  const random = seededRandom(seed);
  const range = () => {
    const low = below(2 ** 31, random);
    return `${formatAddress(4, low)}-${formatAddress(4, 2 ** 31 + below(2 ** 31 - 2, random))}`;
  };
  const portRange = () => `${1 + below(32000, random)}-${32768 + below(32000, random)}`;
  const actions = ['PASS', 'DISCARD', ...transforms];
  return Array.from(
    { length: hosts },
    (_, at) =>
      `add host p${at} -source ${range()}//${portRange()} -destination ${range()}//${portRange()} -protocol TCP -priority ${10 * at + 10} -action ${pick(actions, random)}\n`,
  ).join('');
}
