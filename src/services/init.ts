/** The use case behind `ipsec init`: a repository for two hosts that protect traffic between each other, ready for lint and test. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Address, addressBits, formatAddress } from '../model/address.js';
import type { Dialect } from '../model/language/dialect.js';
import { UsageError } from '../model/tool-error.js';
import { type LintOutcome, lint } from './lint.js';
import { makeFolder } from './make-folder.js';
import { replaceFile } from './write-file.js';

export interface InitEnd {
  /** Folder of the host, and its name in the inventory. */
  readonly name: string;
  readonly address: Address;
}

/** What is protected: everything, or one service of one end. */
export type InitTraffic =
  | { readonly kind: 'all' }
  | {
      readonly kind: 'port';
      readonly protocol: 'tcp' | 'udp';
      readonly port: number /** Which end offers the service. */;
      readonly server: 'here' | 'there';
    };

export interface InitAnswers {
  readonly here: InitEnd;
  readonly there: InitEnd;
  readonly traffic: InitTraffic;
  readonly mode: 'transport' | 'tunnel';
  readonly authentication: 'PSK' | 'RSASIG';
  readonly dialect: Extract<Dialect, 'extended' | 'A.03.02'>;
}

export interface InitFile {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** Algorithms of a new repository: today's for Linux, the strongest of the product for HP-UX. */
const suites = {
  extended: {
    transform: 'ESP_AES256_GCM16',
    ike: '-group 19 -encryption AES256-GCM16 -prf HMAC-SHA2-384 -pfs ON',
    bits: 'AES-256',
  },
  'A.03.02': {
    transform: 'ESP_AES128_HMAC_SHA2_256',
    ike: '-group 14 -hash HMAC-SHA2-256 -encryption AES128-CBC -prf HMAC-SHA2-256 -pfs ON',
    bits: 'AES-128',
  },
} as const;

/** Seconds; one side rekeys first, or both would at the same moment. */
const lifetimes = { here: { ike: 86_400, child: 28_800 }, there: { ike: 77_760, child: 25_920 } } as const;

/**
 * The files of the new repository. `key` is a fresh preshared key in hexadecimal without 0x; for HP-UX it has to stand in the
 * records, else in a file of its own that version control leaves out.
 */
export function planInit(answers: InitAnswers, key: string): readonly InitFile[] {
  const { here, there, dialect, authentication } = answers;
  const keyFile = `secrets/${here.name}-${there.name}.psk`;
  const isPsk = authentication === 'PSK';
  const keyInRecords = isPsk && dialect !== 'extended';
  const credential = !isPsk ? '' : ` -preshared ${keyInRecords ? `0x${key}` : `file:${keyFile}`}`;
  const recordMode = keyInRecords ? 0o600 : 0o644;
  const files: InitFile[] = [
    { path: 'ipsec.config.yaml', text: configText(dialect), mode: 0o644 },
    { path: 'inventory.yaml', text: inventoryText(answers), mode: 0o644 },
    { path: `hosts/${here.name}/policy.conf`, text: recordsText(answers, 'here', credential), mode: recordMode },
    { path: `hosts/${there.name}/policy.conf`, text: recordsText(answers, 'there', credential), mode: recordMode },
    { path: 'tests/protection.ipsectest', text: assertionsText(answers), mode: 0o644 },
  ];
  if (isPsk && !keyInRecords) files.push({ path: keyFile, text: `0x${key}\n`, mode: 0o600 });
  files.push({
    path: '.gitignore',
    text: keyInRecords ? '# The records hold preshared keys: keep this repository private.\n' : 'secrets/\n',
    mode: 0o644,
  });
  return files;
}

/** Writes the files and lints them. Refuses to touch a file that exists unless `force`. */
export async function init(folder: string, files: readonly InitFile[], force: boolean): Promise<LintOutcome> {
  const existing = files.filter((file) => existsSync(path.join(folder, file.path)));
  const [first] = existing;
  if (first && !force)
    throw new UsageError(`${path.join(folder, first.path)} exists`, {
      code: 'EXISTS',
      hints: ['Name another folder, or replace what is there with --force.'],
    });
  for (const file of files) {
    const full = path.join(folder, file.path);
    makeFolder(path.dirname(full), file.path.startsWith('secrets/') ? 0o700 : 0o755);
    replaceFile(full, file.text, file.mode);
  }
  return lint({ paths: [folder] });
}

function configText(dialect: Dialect): string {
  return `# Configuration of ipsec; \`ipsec schema config\` prints what may stand here.
version: 1
dialect: ${dialect}
target: ${dialect === 'extended' ? 'linux-xfrm' : 'hpux'}
lint:
  failLevel: warning
`;
}

function inventoryText({ here, there }: InitAnswers): string {
  const host = ({ name, address }: InitEnd) =>
    `  ${name}:\n    addresses: ["${formatAddress(address.family, address.value)}"]\n`;
  return `# The systems of this repository; \`ipsec schema inventory\` prints what may stand here.\nversion: 1\nhosts:\n${host(here)}${host(there)}`;
}

function recordsText(answers: InitAnswers, side: 'here' | 'there', credential: string): string {
  const [own, peer] = side === 'here' ? [answers.here, answers.there] : [answers.there, answers.here];
  const { dialect, mode, traffic, authentication } = answers;
  const suite = suites[dialect];
  const transform = `${suite.transform}/${lifetimes[side].child}/0`;
  const local = formatAddress(own.address.family, own.address.value);
  const remote = formatAddress(peer.address.family, peer.address.value);
  const bits = addressBits(own.address.family);
  const port = (owner: 'own' | 'peer') =>
    traffic.kind === 'port' && (traffic.server === side) === (owner === 'own') ? `/${traffic.port}` : '';
  const protocol = traffic.kind === 'port' ? ` -protocol ${traffic.protocol.toUpperCase()}` : '';
  const ends = `-source ${local}/${bits}${port('own')} -destination ${remote}/${bits}${port('peer')}${protocol}`;
  // Only the extended dialect has signatures that announce their hash.
  const method = dialect === 'extended' ? 'DIGSIG' : 'RSASIG';
  const identity = authentication === 'RSASIG' ? ` -local_method ${method} -remote_method ${method}` : '';
  const type = own.address.family === 4 ? 'IPV4' : 'IPV6';
  const lines = [
    `# ${own.name}: what is protected towards ${peer.name}.`,
    '# Everything else passes in the clear, as the preloaded policy says.',
    "# ipsec-disable ACT001 -- only the traffic named here is this policy's business",
  ];
  if (mode === 'tunnel') {
    lines.push(
      `add tunnel to_${peer.name} -tsource ${local} -tdestination ${remote} -source ${local}/${bits} -destination ${remote}/${bits} -action ${transform}`,
      `add host ${peer.name} ${ends} -priority 100 -tunnel to_${peer.name} -action PASS`,
    );
  } else lines.push(`add host ${peer.name} ${ends} -priority 100 -action ${transform}`);
  lines.push(
    `add ikev2 ${peer.name} -remote ${remote}/${bits} -priority 10 ${suite.ike} -life ${lifetimes[side].ike}`,
    `add auth ${peer.name} -remote ${remote}/${bits} -priority 10 -kmp IKEV2${identity}${credential} -ltype ${type} -lid ${local} -rtype ${type} -rid ${remote}`,
  );
  return `${lines.join('\n')}\n`;
}

function assertionsText({ here, there, traffic, dialect }: InitAnswers): string {
  const what = traffic.kind === 'all' ? 'any' : traffic.protocol;
  const port = (end: 'here' | 'there') =>
    traffic.kind === 'port' && traffic.server === end ? ` port ${traffic.port}` : '';
  const sentence = (from: 'here' | 'there', to: 'here' | 'there') => {
    const name = { here: here.name, there: there.name };
    return `on ${name[from]}: ${what} from ${name[from]}${port(from)} to ${name[to]}${port(to)} outbound must be protected with at least ${suites[dialect].bits}`;
  };
  return `# What this policy promises; \`ipsec policy test\` judges it for every packet.\n${sentence('here', 'there')}\n${sentence('there', 'here')}\n`;
}
