/** What people write more rarely: every word of proposals, sections and settings that are missing or empty, layouts, odd values. */
import { type Child, type Conf, pairHosts } from './conf.js';
import type { Draw } from './draw.js';
import { type Mutation, shuffled } from './mutations.js';
import { ahWords, espWords, ikeWords } from './words.js';

const listOf = (draw: Draw, one: (draw: Draw) => string, max: number) =>
  Array.from({ length: 1 + draw.number(max) }, () => one(draw));

/** Values at the edge of what is taken, and beyond it. */
const oddConnectionSettings = [
  'version = 02',
  'aggressive = true',
  'aggressive = 0',
  'aggressive = maybe',
  'mobike = disabled',
  'mobike = Yes',
  'encap = 2',
  'fragmentation = never',
  'fragmentation = FORCE',
  'childless = prefer',
  'childless = Allow',
  'unique = keepalive',
  'unique = NEVER',
  'send_cert = sometimes',
  'rekey_time = 4H',
  'rekey_time = 1h30m',
  'rekey_time = 1 h',
  'rekey_time = 0x100',
  'rekey_time = 14400000000000000',
  'reauth_time = 1w',
  'over_time = 5%',
  'keyingtries = %forever',
  'keyingtries = 0',
  'dpd_delay = 30 s',
  'dscp = 46',
  'dscp = 1111111',
  'local_port = 0',
  'remote_port = 500',
  'if_id_in = %unique-dir',
  'if_id_out = 0x10',
  'if_id_in = some',
  'ocsp = both',
  'keepalive = yes',
  'mediation = no',
];
const oddChildSettings = [
  'mode = Tunnel',
  'mode = iptfs',
  'rekey_time = 1x',
  'rekey_bytes = 10M',
  'rekey_bytes = 1t',
  'rekey_packets = 1k',
  'life_time = 10m',
  'rand_time = 2h',
  'start_action = trap',
  'start_action = route',
  'start_action = trap|start|stop',
  'dpd_action = restart',
  'dpd_action = hold',
  'close_action = trap|start',
  'hw_offload = auto',
  'hw_offload = maybe',
  'copy_dscp = in',
  'copy_dscp = both',
  'tfc_padding = 1000',
  'tfc_padding = full',
  'replay_window = 4096',
  'replay_window = 33',
  'mark_in = %unique',
  'mark_out = %unique-dir',
  'mark_in = 0x5/0xf0',
  'set_mark_out = %same',
  'mark_in = five',
  'label_mode = simple',
  'priority = 0',
  'interface = v0',
  'reqid = 0',
  'per_cpu_sas = yes',
  'icmp = yes',
  'policies = off',
  'sha256_96 = no',
  'ipcomp = true',
  'updown = /bin/true',
  'inactivity = 90',
];
const missing = ['version', 'local_addrs', 'remote_addrs', 'proposals', 'local', 'remote', 'children', 'secrets'];
const spareSecrets = [
  'eap-x { id = left.example.org\n secret = other }',
  'xauth { id = admin\n secret = other }',
  'ppk-1 { id = ppk.example.org\n secret = 0x0102 }',
  'ntlm { id = x\n secret = 0x0102 }',
  'private { file = none.pem\n secret = other }',
];

/** By their names. */
export const rarerMutations: Readonly<Record<string, Mutation>> = {
  'ike-words': (draw, one, other) => {
    one.proposals = listOf(draw, ikeWords, 3);
    if (draw.chance(0.75)) other.proposals = shuffled(draw, [...one.proposals, ...listOf(draw, ikeWords, 1)]);
  },
  'esp-words': (draw, one, other) => {
    const esp = listOf(draw, espWords, 3);
    const peers = shuffled(draw, [...esp, ...listOf(draw, espWords, 1)]);
    for (const child of one.children) child.esp = [...esp];
    if (draw.chance(0.75)) for (const child of other.children) child.esp = [...peers];
  },
  'ah-words': (draw, one, other) => {
    const ah = listOf(draw, ahWords, 2);
    const peers = shuffled(draw, [...ah, ...(draw.chance(0.3) ? ['default'] : [])]);
    for (const [conf, list] of [[one, ah] as const, [other, peers] as const])
      for (const child of conf.children) {
        child.ah = [...list];
        child.esp = undefined;
      }
  },
  'ike-default': (draw, one, other) => {
    one.proposals = draw.one([['default'], ['default', ikeWords(draw)], [ikeWords(draw), 'default']]);
    if (draw.chance(0.3)) other.proposals = ['default'];
  },
  // IKEv1 has no number for BEET, and charon comes to nothing with it.
  'modes-both': (draw, one, other) => {
    const mode = one.version === '2' && other.version === '2' ? draw.one(['beet', 'transport']) : 'transport';
    for (const child of one.children) child.mode = mode;
    if (draw.chance(0.7)) for (const child of other.children) child.mode = mode;
  },
  missing: (draw, one) => {
    one.omits.push(draw.one(missing));
  },
  empty: (draw, one) => {
    const [child] = one.children;
    switch (draw.number(8)) {
      case 0:
        one.localId = draw.one(['', '""']);
        break;
      case 1:
        one.remoteId = draw.one(['', '""']);
        break;
      case 2:
        one.proposals = [''];
        break;
      case 3:
        if (child) child.esp = [''];
        break;
      case 4:
        if (child) child.localTs = [draw.one(['', '""'])];
        break;
      case 5:
        if (child) child.remoteTs = [''];
        break;
      case 6:
        one.options.push(
          draw.one(['rekey_time =', 'dpd_delay =', 'mobike =', 'unique =', 'keyingtries =', 'version =']),
        );
        break;
      default:
        child?.options.push(draw.one(['rekey_time =', 'start_action =', 'ipcomp =', 'reqid =', 'ah_proposals =']));
    }
  },
  'odd-settings': (draw, one) => {
    one.options.push(draw.one(oddConnectionSettings));
  },
  'odd-child-settings': (draw, one) => {
    one.children[0]?.options.push(draw.one(oddChildSettings));
  },
  layout: (draw, one) => {
    one.layout = 1 + draw.number(1e9);
  },
  'layout-both': (draw, one, other) => {
    for (const conf of [one, other]) conf.layout = 1 + draw.number(1e9);
  },
  'inherits-child': (_draw, one) => {
    one.inheritsChild = true;
  },
  'trap-both': (_draw, one, other) => {
    for (const conf of [one, other]) for (const child of conf.children) child.options.push('start_action = trap');
  },
  'same-child': (draw, one) => {
    // A child of the same name in another connection, before or behind: the first one is initiated.
    const twin: Conf = {
      ...one,
      name: 't',
      remote: draw.one([one.remote, one.remote, '%any', '10.99.0.7']),
      remoteId: draw.one([one.remoteId, 'third.example.org']),
      proposals: draw.chance(0.5) ? [...one.proposals] : [ikeWords(draw)],
      options: [],
      children: one.children.map((child): Child => ({ ...child, options: [] })),
      secrets: [],
      more: [],
      before: [],
    };
    if (draw.chance(0.5)) one.before = [twin];
    else one.more = [twin];
  },
  'secrets-more': (draw, one) => {
    one.spareSecrets.push(...draw.some(spareSecrets, 1, 2));
  },
  'secret-text': (draw, one, other) => {
    const secret = draw.one([
      'with blanks in it',
      'hash # in it',
      'quote \\" in it',
      'slash \\\\ in it',
      'line\\nfeed',
      'tab\\tin',
      'ümläut',
      '0xabc',
      '0sAAA',
      '{brace}',
      "it's = , :",
    ]);
    for (const conf of [one, other]) conf.secrets = [{ secret, ids: [] }];
  },
  auths: (draw, one) => {
    const auth = draw.one(['PSK', 'Psk', 'Pubkey', 'none', 'any', 'psk-sha256']);
    if (draw.chance(0.5)) one.localAuth = auth;
    else one.remoteAuth = auth;
  },
  'local-net': (draw, one) => {
    const isLeft = one.local === pairHosts.left[0];
    one.local = draw.one(['%any6', '%any', '10.99.0.0/30', isLeft ? '10.99.0.1/32' : '10.99.0.2-10.99.0.2']);
    if (draw.chance(0.3) && !isLeft)
      one.remote = draw.one(['%any4', '10.99.0.1/32', '0.0.0.0/0', '10.99.0.1-10.99.0.1']);
  },
};
