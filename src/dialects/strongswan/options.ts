/**
 * The options of connections, their ends and children (swanctl.opt and vici_config.c of 5.9.8 and 6.0.0), and what this tool
 * makes of each.
 */
import type { AddressRange } from '../../model/address.js';
import type { ConfiguredSelector, IkeProposal } from '../../model/system-config.js';
import { type AuthDemands, hasDemands, readAuthDemands } from './auth-demands.js';
import {
  defaultAhProposal,
  defaultEspProposals,
  defaultIkeProposals,
  type SwanVersion,
  seriesOf,
  swanVersions,
} from './defaults.js';
import { hostOption } from './hosts.js';
import { readPoolAddresses } from './pool-addresses.js';
import { readChildProposal, readIkeProposal, type SwanChildProposal } from './proposal.js';
import { type Fail, noted, type OptionSpec, partial, supported } from './read-options.js';
import type { SettingValue } from './settings.js';
import {
  type Item,
  listItems,
  readBoolean,
  readBytes,
  readIdentity,
  readNumber,
  readRange,
  readSelector,
  readTime,
} from './values.js';

const bool = (value: SettingValue, fail: Fail) =>
  readBoolean(value.text) ?? fail(`'${show(value)}' is neither yes nor no`, value.at, 'write yes or no');
const number = (value: SettingValue, fail: Fail) => readNumber(value.text) ?? fail(`'${show(value)}' is no number`);
const time = (value: SettingValue, fail: Fail) =>
  readTime(value.text) ?? fail(`'${show(value)}' is no time`, value.at, 'write seconds, or a number with s, m, h or d');
const bytes = (value: SettingValue, fail: Fail) =>
  readBytes(value.text) ?? fail(`'${show(value)}' is no volume`, value.at, 'write octets, or a number with k, m or g');
const text = (value: SettingValue) => value.text;
const identity = (value: SettingValue) => readIdentity(value.text);
const items = (value: SettingValue) => listItems(value);

function show(value: SettingValue): string {
  return value.text.slice(0, 60);
}

function word<const W extends string>(words: readonly W[]) {
  return (value: SettingValue, fail: Fail): W | undefined => {
    const lower = value.text.toLowerCase();
    return words.find((candidate) => candidate === lower) ?? fail(`'${show(value)}' is none of ${words.join(', ')}`);
  };
}

function numberUpTo(max: number) {
  return (value: SettingValue, fail: Fail) => {
    const read = number(value, fail);
    return read === undefined || read <= max ? read : fail(`${read} is more than ${max}`);
  };
}

/** A word that only some of the versions know. */
function wordSince<const W extends string>(words: readonly W[], later: { readonly [K in W]?: SwanVersion }) {
  return (value: SettingValue, fail: Fail, version: SwanVersion): W | undefined => {
    const known = words.filter((candidate) => {
      const since = later[candidate];
      return since === undefined || swanVersions.indexOf(since) <= swanVersions.indexOf(version);
    });
    return word(known)(value, fail);
  };
}

/** Six bits, written as ones and zeros. */
const bits = (value: SettingValue, fail: Fail) =>
  /^[01]{0,15}$/.test(value.text) ? value.text : fail(`'${show(value)}' is not written in ones and zeros`);

function ikeProposals(value: SettingValue, fail: Fail, version: SwanVersion): readonly IkeProposal[] | undefined {
  const proposals: IkeProposal[] = [];
  for (const item of listItems(value)) {
    if (item.text.toLowerCase() === 'default') {
      proposals.push(...defaultIkeProposals());
      continue;
    }
    const reading = readIkeProposal(item.text, seriesOf(version));
    if (reading.kind === 'fault') {
      return fail(reading.message, value.span(item.start + reading.start, item.start + reading.end), reading.help);
    }
    const { additional, ...proposal } = reading.proposal;
    const places = [...additional.entries()].sort(([a], [b]) => a - b).map(([, groups]) => groups);
    proposals.push({ ...proposal, at: item.at, ...(places.length > 0 ? { additionalKeyExchanges: places } : {}) });
  }
  return proposals;
}

function childProposals(protocol: 'ESP' | 'AH') {
  return (value: SettingValue, fail: Fail, version: SwanVersion): readonly SwanChildProposal[] | undefined => {
    const proposals: SwanChildProposal[] = [];
    for (const item of listItems(value)) {
      if (item.text.toLowerCase() === 'default') {
        proposals.push(...(protocol === 'AH' ? [defaultAhProposal(version)] : defaultEspProposals('default', version)));
        continue;
      }
      const reading = readChildProposal(item.text, protocol, seriesOf(version));
      if (reading.kind === 'fault') {
        return fail(reading.message, value.span(item.start + reading.start, item.start + reading.end), reading.help);
      }
      proposals.push({ ...reading.proposal, at: item.at });
    }
    return proposals;
  };
}

export interface PlacedSelector {
  readonly selector: ConfiguredSelector;
  readonly item: Item;
}

function selectors(value: SettingValue, fail: Fail): readonly PlacedSelector[] | undefined {
  const found: PlacedSelector[] = [];
  for (const item of listItems(value)) {
    const selector = readSelector(item.text);
    if (!selector)
      return fail(
        `'${item.text}' is no traffic selector`,
        item.at,
        'write 192.0.2.0/24, 192.0.2.1-192.0.2.9 or dynamic, with [protocol/port] behind it if need be',
      );
    found.push({ selector, item });
  }
  return found;
}

const actions: Readonly<Record<string, readonly ('TRAP' | 'START')[]>> = {
  start: ['START'],
  restart: ['START'],
  route: ['TRAP'],
  trap: ['TRAP'],
  none: [],
  clear: [],
};

/** start, trap, none, or both by `trap|start` (parse_action). */
function action(value: SettingValue, fail: Fail): readonly ('TRAP' | 'START')[] | undefined {
  const found = new Set<'TRAP' | 'START'>();
  for (const part of value.text.toLowerCase().split('|')) {
    const known = actions[part.trim()];
    if (!known) return fail(`'${show(value)}' is no action`, value.at, 'actions are start, trap, none and trap|start');
    for (const one of known) found.add(one);
  }
  return [...found];
}

const actionOption = partial(action, 'of trap and start together only start is kept', (list) => list.length > 1);

/** Methods by which an end proves itself, with what their text asks beyond. */
export interface AuthSpec {
  readonly method: 'psk' | 'pubkey' | 'rsa' | 'ecdsa' | 'eap' | 'xauth';
  /** What signatures must be; absent for methods without. */
  readonly demands?: AuthDemands;
}

/** Characters of `auth` that vici takes (parse_auth of vici_config.c). */
const authLengthMax = 63;

function auth(value: SettingValue, fail: Fail): AuthSpec | undefined {
  const { text } = value;
  const help = 'methods are psk, pubkey, rsa, ecdsa, eap and xauth, with constraints behind them';
  if (text.length > authLengthMax) return fail(`it has more than ${authLengthMax} characters`, value.at, help);
  const signature = /^(?:ike:|pubkey|rsa|ecdsa|bliss)/.exec(text)?.[0];
  if (signature !== undefined) {
    const method = signature === 'rsa' || signature === 'ecdsa' ? signature : 'pubkey';
    return { method, demands: readAuthDemands(text) };
  }
  const other = /^(?:psk$|xauth|eap)/i.exec(text)?.[0].toLowerCase();
  return other
    ? { method: other as 'psk' | 'xauth' | 'eap' }
    : fail(`'${show(value)}' is no authentication`, value.at, help);
}

const authOption: OptionSpec<AuthSpec> = {
  read: auth,
  use: ({ method, demands }) => {
    if (method === 'eap' || method === 'xauth')
      return { support: 'partial', why: `${method.toUpperCase()} is known to be used, but not carried out` };
    const ignored = demands?.ignored ?? [];
    if (ignored.length > 0)
      return { support: 'partial', why: `strongSwan ignores what it does not know in it: ${ignored.join(', ')}` };
    return demands && hasDemands(demands)
      ? { support: 'partial', why: 'its constraints count where the certificates are at hand' }
      : { support: 'supported' };
  },
};

const ifId = partial(
  (value: SettingValue, fail: Fail) => {
    if (/^%unique(?:-dir)?$/i.test(value.text)) return 0;
    return number(value, fail);
  },
  'an interface that is made for each SA is not told apart',
  (id) => id === 0,
);

function mark(value: SettingValue, fail: Fail): { readonly mark: number; readonly mask: number } | undefined {
  const [markText = '', maskText] = value.text.split('/');
  if (/^%(?:unique|unique-dir|same)$/i.test(markText)) return { mark: -1, mask: 0xffffffff };
  const [read, mask] = [readNumber(markText), maskText === undefined ? 0xffffffff : readNumber(maskText)];
  return read === undefined || mask === undefined ? fail(`'${show(value)}' is no mark`) : { mark: read, mask };
}

const markOption = partial(
  mark,
  'only one mark with all of its bits for both directions is kept',
  ({ mark: value, mask }) => value === -1 || mask !== 0xffffffff,
);

const hostNote = 'it belongs to the host, not to what is agreed on';
const certificateNote = 'certificates are judged where they are, not by this option';

export const connectionOptions = {
  version: supported(numberUpTo(2)),
  local_addrs: hostOption,
  remote_addrs: hostOption,
  local_port: supported(numberUpTo(65_535)),
  remote_port: supported(numberUpTo(65_535)),
  proposals: partial(ikeProposals, 'key exchanges beyond the first are kept, but not compared', (list) =>
    list.some(({ additionalKeyExchanges }) => additionalKeyExchanges !== undefined),
  ),
  vips: supported((value: SettingValue, fail: Fail): readonly AddressRange[] | undefined => {
    const ranges: AddressRange[] = [];
    for (const item of listItems(value)) {
      const range = readRange(item.text);
      if (!range || range.first !== range.last) return fail(`'${item.text}' is no address`, item.at);
      ranges.push(range);
    }
    return ranges;
  }),
  aggressive: supported(bool),
  pull: partial(bool, 'pushing addresses by Mode Config is not carried out', (pulls) => !pulls),
  dscp: noted(bits, 'it marks the packets of IKE'),
  encap: supported(bool),
  mobike: supported(bool),
  dpd_delay: supported(time),
  dpd_timeout: supported(time),
  fragmentation: supported(word(['yes', 'accept', 'no', 'force'])),
  childless: supported(wordSince(['allow', 'prefer', 'force', 'never'], { prefer: '6.0.0' })),
  send_certreq: supported(bool),
  send_cert: partial(
    word(['ifasked', 'always', 'never']),
    'a peer that is sent no certificate must have it otherwise, which is not known here',
    (value) => value === 'never',
  ),
  ocsp: { ...noted(word(['both', 'reply', 'request', 'never']), certificateNote), since: '6.0.0' as const },
  ppk_id: supported(text),
  ppk_required: supported(bool),
  keyingtries: supported(number),
  unique: supported(word(['never', 'no', 'replace', 'keep'])),
  reauth_time: supported(time),
  rekey_time: supported(time),
  over_time: supported(time),
  rand_time: supported(time),
  pools: supported(items),
  if_id_in: ifId,
  if_id_out: ifId,
  mediation: partial(bool, 'the Mediation Extension is not known here', (value) => value),
  mediated_by: partial(text, 'the Mediation Extension is not known here'),
  mediation_peer: partial(text, 'the Mediation Extension is not known here'),
};

export const endOptions = {
  round: supported(number),
  auth: authOption,
  id: supported(identity),
  certs: supported(items),
  cacerts: supported(items),
  pubkeys: partial(items, 'bare public keys count where their files are at hand'),
  eap_id: noted(text, 'EAP is not carried out here'),
  aaa_id: noted(text, 'EAP is not carried out here'),
  xauth_id: noted(text, 'XAUTH is not carried out here'),
  ca_id: partial(text, 'the subject of an authority is not compared'),
  groups: partial(items, 'group membership comes from attribute certificates or a directory'),
  cert_policy: partial(items, 'certificate policies are not compared'),
  revocation: partial(
    word(['strict', 'ifuri', 'relaxed']),
    'whether certificates are revoked counts where they are at hand',
    (value) => value !== 'relaxed',
  ),
};

/** A certificate in a section of its own (`cert1`, `cacert1`). */
export const certificateOptions = {
  file: supported(text),
  handle: partial(text, 'keys on tokens are out of reach'),
  slot: noted(number, 'it says where a token is'),
  module: noted(text, 'it says where a token is'),
};

export const childOptions = {
  ah_proposals: supported(childProposals('AH')),
  esp_proposals: supported(childProposals('ESP')),
  sha256_96: partial(bool, 'HMAC-SHA2-256 cut to 96 bits is told apart by lint only (PEER016)', (value) => value),
  local_ts: supported(selectors),
  remote_ts: supported(selectors),
  rekey_time: supported(time),
  life_time: supported(time),
  rand_time: supported(time),
  rekey_bytes: supported(bytes),
  life_bytes: supported(bytes),
  rand_bytes: noted(bytes, 'chance within the volume before rekeying'),
  rekey_packets: supported(number),
  life_packets: supported(number),
  rand_packets: noted(number, 'chance within the packets before rekeying'),
  updown: noted(text, 'a script that is run when the SA comes and goes'),
  hostaccess: noted(bool, 'it is for the updown script'),
  mode: partial(
    wordSince(['tunnel', 'transport', 'transport_proxy', 'beet', 'iptfs', 'pass', 'drop'], { iptfs: '6.0.0' }),
    'BEET and IP-TFS are taken for tunnel mode',
    (value) => value === 'beet' || value === 'iptfs',
  ),
  icmp: {
    ...partial(bool, 'errors about protected packets are not told apart', (value) => value),
    since: '6.0.6' as const,
  },
  per_cpu_sas: { ...noted(text, 'more SAs of the same kind'), since: '6.0.6' as const },
  policies: supported(bool),
  policies_fwd_out: noted(bool, 'further policies for packets that are forwarded out'),
  dpd_action: actionOption,
  start_action: actionOption,
  close_action: actionOption,
  ipcomp: supported(bool),
  inactivity: supported(time),
  reqid: noted(number, 'a number of the kernel'),
  priority: supported(number),
  interface: partial(text, 'that policies count on one interface only is left out'),
  mark_in: markOption,
  mark_out: markOption,
  mark_in_sa: noted(bool, 'it says where the mark is set'),
  set_mark_in: partial(mark, 'marks that decrypted packets get are left out'),
  set_mark_out: partial(mark, 'marks that encrypted packets get are left out'),
  if_id_in: ifId,
  if_id_out: ifId,
  label: partial(text, 'security labels are not compared'),
  label_mode: partial(word(['system', 'simple', 'selinux']), 'security labels are not compared'),
  tfc_padding: noted(
    (value: SettingValue, fail: Fail) => (value.text === 'mtu' ? value.text : number(value, fail)),
    'padding of packets',
  ),
  replay_window: supported(number),
  hw_offload: noted(
    wordSince(['no', 'yes', 'auto', 'crypto', 'packet'], { crypto: '6.0.0', packet: '6.0.0' }),
    hostNote,
  ),
  copy_df: noted(bool, 'a bit of outer headers'),
  copy_ecn: noted(bool, 'a bit of outer headers'),
  copy_dscp: noted(word(['no', 'in', 'out', 'yes']), 'bits of outer headers'),
};

export const poolOptions = {
  addrs: supported((value: SettingValue, fail: Fail, version: SwanVersion) => {
    const read = readPoolAddresses(value.text);
    if (!read) return fail(`'${show(value)}' is no range of addresses`);
    if (!read.given && seriesOf(version) !== '5.9') return fail(`'${show(value)}' leaves no address to give`);
    return read;
  }),
};

/** Attributes that a pool hands out beside addresses; numbers are allowed as well. */
export const poolAttributes: readonly string[] = [
  'dns',
  'nbns',
  'dhcp',
  'netmask',
  'server',
  'subnet',
  'split_include',
  'split_exclude',
];

export const authorityOptions = {
  cacert: supported(text),
  file: supported(text),
  handle: partial(text, 'authorities on tokens are out of reach'),
  slot: noted(number, 'it says where a token is'),
  module: noted(text, 'it says where a token is'),
  crl_uris: noted(items, certificateNote),
  ocsp_uris: noted(items, certificateNote),
  cert_uri_base: noted(text, certificateNote),
};
