/** The statements of racoon.conf by the block that they stand in, and what becomes of them (racoon.conf(5), cftoken.l). */
import type { OptionSupport } from '../dialect.js';

export type Block =
  | 'file'
  | 'remote'
  | 'proposal'
  | 'sainfo'
  | 'listen'
  | 'timer'
  | 'padding'
  | 'privsep'
  | 'mode_cfg'
  | 'ldapcfg'
  | 'radiuscfg';

/** Blocks of the file whose statements say nothing of packets and peers: each is accounted for all the same. */
export const accountedBlocks: ReadonlySet<string> = new Set<Block>([
  'listen',
  'timer',
  'padding',
  'privsep',
  'mode_cfg',
  'ldapcfg',
  'radiuscfg',
]);

export interface RacoonOption {
  readonly support: Exclude<OptionSupport, 'unknown'>;
  readonly why?: string;
  /** Values that change nothing. */
  readonly harmless?: readonly string[];
}

const takes: RacoonOption = { support: 'supported' };
const notes = (why: string): RacoonOption => ({ support: 'noted', why });
const partly = (why: string, ...harmless: string[]): RacoonOption => ({ support: 'partial', why, harmless });

const certificates = notes('that the peers hold the keys of their certificates is taken for granted');
const times = notes('repetitions do not decide what is agreed on');
const users = notes('handing out addresses and asking for users are not modelled');
const obsolete = notes('the product ignores it');

function table(rows: readonly (readonly [names: string, option: RacoonOption])[]): ReadonlyMap<string, RacoonOption> {
  return new Map(rows.flatMap(([names, option]) => names.split(' ').map((name) => [name, option] as const)));
}

const tables: Readonly<Record<Block, ReadonlyMap<string, RacoonOption>>> = {
  file: table([
    ['path include remote sainfo', takes],
    ['listen timer padding', takes],
    ['log', notes('logging')],
    ['privsep pfkey_buffer', notes('it is about how the daemon works')],
    ['mode_cfg ldapcfg radiuscfg', partly('handing out addresses and asking for users are not modelled')],
    ['gss_id_enc', notes('it only counts for GSS-API')],
    ['complex_bundle', partly('complex bundles are not modelled', 'off')],
  ]),
  remote: table([
    ['exchange_mode my_identifier peers_identifier verify_identifier generate_policy passive nat_traversal', takes],
    ['proposal proposal_check lifetime dh_group dpd_delay dpd_maxfail ike_frag remote_address certificate_type', takes],
    ['initial_contact rekey', takes],
    ['ca_type peers_certfile verify_cert send_cert send_cr match_empty_cr dnssec my_certfile', certificates],
    ['doi situation nonce_size keepalive', notes('it has one value in use')],
    ['dpd_retry dpd', times],
    ['esp_frag', notes('it is about how packets are cut')],
    ['script', notes('scripts do not decide about packets and peers here')],
    ['mode_cfg', partly('addresses that the peer hands out are not modelled', 'off')],
    ['xauth_login', notes('a name for XAUTH')],
    ['support_proxy', obsolete],
    ['weak_phase1_check', notes('it lets unprotected deletions count')],
    ['ph1id', partly('the tie between remote and sainfo is not modelled')],
  ]),
  proposal: table([
    ['encryption_algorithm hash_algorithm authentication_method dh_group lifetime', takes],
    ['gss_id gssapi_id', notes('it only counts for GSS-API')],
  ]),
  sainfo: table([
    ['pfs_group lifetime encryption_algorithm authentication_algorithm', takes],
    ['compression_algorithm', notes('IPComp is used where the policies say so')],
    ['remoteid', partly('the tie between remote and sainfo is not modelled')],
    ['my_identifier', obsolete],
  ]),
  listen: table([
    ['isakmp isakmp_natt', takes],
    ['admin adminsock strict_address', notes('it is about how the daemon works')],
  ]),
  timer: table([['counter interval persend phase1 phase2 natt_keepalive', times]]),
  padding: table([
    [
      'randomize randomize_length maximum_length strict_check exclusive_tail',
      notes('padding of IKE messages is not negotiated'),
    ],
  ]),
  privsep: table([['user group chroot', notes('it is about how the daemon works')]]),
  mode_cfg: table([
    ['network4 netmask4 pool_size dns4 nbns4 wins4 default_domain banner split_network split_dns save_passwd', users],
    ['auth_source auth_groups auth_throttle group_source conf_source accounting', users],
    ['pfs_group', notes('the peer is told which group to use, and may not listen')],
  ]),
  ldapcfg: table([
    ['version debug timeout uri host port base subtree bind_dn bind_pw', users],
    ['attr_user attr_addr attr_mask attr_group attr_member', users],
  ]),
  radiuscfg: table([['auth acct timeout retries', users]]),
};

/** What becomes of a statement; undefined for one that is not known in its block. */
export function racoonOption(block: Block, name: string): RacoonOption | undefined {
  return tables[block].get(name);
}

/** The statements of a block, for guesses. */
export function racoonOptions(block: Block): Iterable<string> {
  return tables[block].keys();
}
