/**
 * What ipsec.conf may say: every option of Libreswan 3 to 5, Openswan (with what it kept of FreeS/WAN) and strongSwan's
 * starter, and whether this tool takes its meaning over. Names and versions are those of the products' own keyword tables
 * (Libreswan lib/libipsecconf and lib/libswan/ipsecconf, Openswan lib/libipsecconf, strongSwan src/starter).
 */
import type { OptionSupport } from '../dialect.js';

/** The products that read ipsec.conf. */
export type Flavour = 'libreswan' | 'openswan' | 'starter';

export type Place = 'setup' | 'conn' | 'end' | 'ca';

export interface ConfOption {
  /** Lower case; options of an end without `left` or `right`, the end's address is ''. */
  readonly name: string;
  readonly place: Place;
  readonly support: Exclude<OptionSupport, 'unknown'>;
  readonly why?: string;
  /** Values of a partial option that change nothing: it is noted then. */
  readonly harmless?: readonly string[];
  readonly flavours: readonly Flavour[];
  /** The first version of Libreswan that knows it, and the first that no longer does. */
  readonly since?: readonly [number, number];
  readonly before?: readonly [number, number];
  /** It is another name of this one. */
  readonly aliasOf?: string;
  /** Said again, it adds to what was said before. */
  readonly repeats?: boolean;
}

type More = Partial<Omit<ConfOption, 'name' | 'place' | 'support' | 'why'>>;
const L = ['libreswan'] as const satisfies readonly Flavour[];
const O = ['openswan'] as const satisfies readonly Flavour[];
const S = ['starter'] as const satisfies readonly Flavour[];
const LO = [...L, ...O] as const;
const LOS = [...L, ...O, ...S] as const;

function rows(place: Place, flavours: readonly Flavour[]) {
  const row = (name: string, support: ConfOption['support'], why: string | undefined, more: More): ConfOption => ({
    name,
    place,
    support,
    flavours,
    ...(why === undefined ? {} : { why }),
    ...more,
  });
  return {
    takes: (names: string, more: More = {}) => names.split(' ').map((name) => row(name, 'supported', undefined, more)),
    notes: (why: string, names: string, more: More = {}) =>
      names.split(' ').map((name) => row(name, 'noted', why, more)),
    partly: (why: string, names: string, more: More = {}) =>
      names.split(' ').map((name) => row(name, 'partial', why, more)),
    alias: (aliasOf: string, names: string, more: More = {}) =>
      names.split(' ').map((name) => row(name, 'supported', undefined, { ...more, aliasOf })),
  };
}

const no = { harmless: ['no', 'n', 'off', 'false', 'never', '0', 'none'] } as const;
const auto = { harmless: ['auto', 'no', 'n'] } as const;

const log = 'logging';
const routes = 'routes and scripts do not decide about packets and peers here';
const keys = 'that the peers hold the keys of each other’s certificates or public keys is taken for granted';
const timing = 'repetitions do not decide what is agreed on';
const revocation = 'certificates are not fetched here';
const offered = 'it is announced, and changes nothing that is negotiated here';

const end = rows('end', LOS);
const endL = rows('end', LO);
const endS = rows('end', S);
const ends: readonly ConfOption[] = [
  { name: '', place: 'end', support: 'supported', flavours: LOS },
  ...end.takes('subnet sourceip id protoport auth'),
  ...endL.takes('subnets', { repeats: true }),
  ...end.takes('ikeport'),
  ...end.notes(routes, 'updown'),
  ...endL.notes(routes, 'nexthop interface-ip vti updown-config'),
  ...end.notes(keys, 'rsasigkey cert ca sendcert'),
  ...endL.notes(keys, 'ecdsakey eddsakey pubkey ckaid'),
  ...endL.takes('xauthserver xauthclient addresspool'),
  ...endL.notes('who hands out addresses follows from the pools', 'modecfgserver modecfgclient'),
  ...endL.notes('a name for XAUTH or EAP', 'username xauthusername'),
  ...endL.partly('translation of client addresses is not modelled', 'cat', no),
  ...endL.takes('autheap'),
  ...rows('end', L).notes('an aid of the product’s tests', 'groundhog'),
  ...rows('end', O).notes(routes, 'firewall'),
  ...rows('end', O).notes(keys, 'rsasigkey2'),
  ...rows('end', O).partly('any network within one is not a selector here', 'subnetwithin'),
  ...rows('end', O).partly(
    'keys written into ipsec.conf are not taken over',
    'spi spibase espspi ahspi espenckey espauthkey ahkey espreplay_window',
  ),
  ...rows('end', O).notes('name servers and texts are no policy', 'modecfgdns1 modecfgdns2 modecfgwins1 modecfgwins2'),
  ...rows('end', O).notes(keys, 'certtype'),
  ...rows('end', O).partly('attribute certificates are not modelled', 'groups'),
  ...endS.alias('subnet', 'subnetwithin'),
  ...rows('end', L).notes(keys, 'rsasigkey2'),
  ...rows('end', L).notes('a name for XAUTH or EAP', 'xauthname'),
  ...rows('end', O).notes('a name for XAUTH or EAP', 'xauthname'),
  ...endS.notes(routes, 'firewall hostaccess natip nexthop'),
  ...endS.partly('addresses beside the written one are not modelled', 'allowany', no),
  ...endS.takes('auth2'),
  ...endS.partly('identities and certificates of a second round of authentication are not modelled', 'id2 cert2 ca2'),
  ...endS.partly('attribute certificates are not modelled', 'groups groups2'),
  ...endS.notes(keys, 'certpolicy sigkey'),
  ...endS.notes('name servers are no policy', 'dns'),
];

const conn = rows('conn', LOS);
const connL = rows('conn', LO);
const connNew = rows('conn', L);
const connS = rows('conn', S);
const connO = rows('conn', O);
const conns: readonly ConfOption[] = [
  ...conn.takes('also', { repeats: true }),
  ...conn.takes('auto type authby keyexchange ike esp ah rekey ikelifetime reauth fragmentation mark'),
  ...conn.takes('dpddelay aggressive rekeymargin mark_in mark_out mark-in mark-out'),
  ...connL.takes('alsoflip hostaddrfamily ikev2 pfs phase2 negotiationshunt failureshunt priority'),
  ...connL.takes('ipsec-lifetime ipsec-max-bytes ipsec-max-packets esn replay-window encapsulation'),
  ...connL.takes('narrowing nat-ikev1-method ipsec-interface'),
  ...connL.alias('ipsec-lifetime', 'keylife lifetime salifetime'),
  ...connL.alias('esp', 'phase2alg'),
  ...connL.alias('aggressive', 'aggrmode'),
  ...conn.notes('names for people', 'connalias', { flavours: LO, repeats: true }),
  ...conn.takes('keyingtries rekeyfuzz dpdtimeout'),
  ...connL.alias('dpdtimeout', 'ikev1-dpdtimeout'),
  ...connL.notes(timing, 'retransmit-timeout retransmit-interval'),
  ...connL.notes('what is done when a peer is gone is not negotiated', 'dpdaction'),
  ...connL.notes('the family of the selectors follows from their addresses', 'clientaddrfamily'),
  ...conn.takes('compress mobike'),
  ...connL.takes('ppk ppk-ids'),
  ...connL.notes(offered, 'intermediate session-resumption send-supported-auth-methods'),
  ...connL.notes(offered, 'send-vendorid fake-strongswan initial-contact cisco-unity cisco-split send-no-esp-tfc'),
  ...connL.notes(offered, 'send-esp-tfc-padding-not-supported reject-simultaneous-ike-auth'),
  ...connL.notes(
    'it is about fields of packets that selectors do not see',
    'decap-dscp encap-dscp nopmtudisc tfc mtu ikepad',
  ),
  ...connS.notes('it is about fields of packets that selectors do not see', 'tfc copy_dscp'),
  ...connL.partly('IP-TFS is not modelled', 'iptfs', no),
  ...connNew.notes(
    'it only counts for IP-TFS',
    'iptfs-fragmentation iptfs-packet-size iptfs-max-queue-size iptfs-reorder-window iptfs-init-delay iptfs-drop-time',
  ),
  ...connL.partly('redirection is not modelled', 'send-redirect accept-redirect', auto),
  ...connL.notes('it only counts for redirection', 'redirect-to accept-redirect-to'),
  ...connL.partly('authorization outside of IKE is not modelled', 'pam-authorize', no),
  ...connL.partly('SHA2-256 cut to 96 bits is told apart by lint only (PEER016)', 'sha2-truncbug sha2_truncbug', no),
  ...connL.partly('a weaker group of the peer is not modelled', 'ms-dh-downgrade', no),
  ...connL.notes('a way around faults of other products', 'pfs-rekey-workaround remote-peer-type remote_peer_type'),
  ...connL.notes(keys, 'require-id-on-certificate dns-match-id sendca'),
  ...connL.partly(
    'security labels are not selectors here',
    'sec-label policy-label loopback labeled_ipsec policy_label',
  ),
  ...connL.notes('leases are not modelled', 'share-lease modecfgpull ignore-peer-dns'),
  ...connL.notes(
    'name servers and texts are no policy',
    'modecfgdns modecfgdns1 modecfgdns2 modecfgdomains modecfgdomain',
  ),
  ...connL.notes('name servers and texts are no policy', 'modecfgbanner modecfgwins1 modecfgwins2'),
  ...connL.notes('it only counts for XAUTH', 'xauthby xauthfail'),
  ...connL.notes(routes, 'metric vti-interface vti-routing vti-shared overlapip'),
  ...connL.notes('it is about how the kernel works', 'nic-offload reqid nm-configured nat-keepalive nm_configured'),
  ...connL.notes(log, 'nflog nflog-group debug'),
  ...connNew.partly('several SAs for one policy are not modelled', 'clones', { harmless: ['0', '1'] }),
  ...connL.partly('IKE over TCP is not modelled', 'enable-tcp', no),
  ...connL.notes('it only counts for IKE over TCP', 'tcp-remoteport'),
  ...connO.takes('forceencaps ikev1'),
  ...connO.alias('hostaddrfamily', 'connaddrfamily'),
  ...connO.notes('the family of the selectors follows from their addresses', 'endaddrfamily tunneladdrfamily'),
  ...connO.notes('it is about how the kernel works', 'disablearrivalcheck sareftrack'),
  ...connO.notes('an aid of the product’s tests', 'firstmsgid _plutodevel'),
  ...connO.partly('one XAUTH for both ends is not modelled', 'xauth', no),
  ...connO.notes('names for people', 'x-comment'),
  ...connO.notes('it is about how the kernel works', 'secctx_attr_value'),
  ...connNew.notes('the product ignores it', 'forceencaps'),
  ...connNew.alias('fragmentation', 'ike-frag ike_frag'),
  ...connNew.notes(offered, 'cisco_unity initial_contact send_vendorid'),
  ...connNew.notes('it is about how the kernel works', 'disablearrivalcheck sareftrack nat_keepalive'),
  ...connNew.notes('the product ignores it', 'connaddrfamily labeled-ipsec labeled_ipsec'),
  ...connO.takes('auth'),
  ...connO.partly(
    'keys written into ipsec.conf are not taken over',
    'spi spibase espenckey espauthkey ahkey espreplay_window ahreplay_window',
  ),
  ...connS.takes('forceencaps replay_window'),
  ...connS.takes('lifetime margintime lifebytes marginbytes lifepackets marginpackets dpdaction installpolicy'),
  ...connS.alias('lifetime', 'keylife'),
  ...connS.alias('margintime', 'rekeymargin'),
  ...connS.takes('auth'),
  ...connS.takes('closeaction'),
  ...connS.takes('xauth inactivity'),
  ...connS.notes('a name for XAUTH or EAP', 'xauth_identity eap_identity aaa_identity'),
  ...connS.notes('leases are not modelled', 'modeconfig'),
  ...connS.partly('mediation is not modelled', 'mediation mediated_by me_peerid', no),
  ...connS.partly('SHA2-256 cut to 96 bits is told apart by lint only (PEER016)', 'sha256_96', no),
  ...connS.notes('it is about how the kernel works', 'reqid ikedscp'),
  ...connS.partly('PFS is a group of the proposals in this product', 'pfs pfsgroup'),
  ...connS.notes('the product ignores it', 'eap'),
];

const setup = rows('setup', LOS);
const setupL = rows('setup', LO);
const setupO = rows('setup', O);
const setupS = rows('setup', S);
const setups: readonly ConfOption[] = [
  ...setupL.takes('ikev1-policy virtual-private listen'),
  ...setupL.alias('virtual-private', 'virtual_private'),
  ...setupS.alias('virtual-private', 'virtual_private'),
  ...setup.notes(log, 'plutodebug plutostderrlog dumpdir'),
  ...setupL.notes(
    log,
    'syslog logfile logtime logappend logip loglimit logstderr audit-log statsbin perpeerlog perpeerlogdir',
  ),
  ...setupL.notes('files and services of the host', 'ipsecdir nssdir secretsfile rundir exampledir dns-resolver'),
  ...setupL.notes('files and services of the host', 'dnssec-enable dnssec-rootkey-file dnssec-anchors seccomp'),
  ...setupL.notes(revocation, 'curl-iface curl-timeout crl-strict crl-timeout strictcrlpolicy ocsp-strict ocsp-enable'),
  ...setupL.notes(revocation, 'ocsp-uri ocsp-timeout ocsp-trustname ocsp-cache-size ocsp-cache-min-age'),
  ...setupL.notes(revocation, 'ocsp-cache-max-age ocsp-method'),
  ...setup.notes(revocation, 'crlcheckinterval'),
  ...setup.notes('what becomes of older SAs of a peer is not compared here', 'uniqueids'),
  ...setupL.notes('limits under load', 'ddos-mode ddos-ike-threshold max-halfopen-ike shuntlifetime'),
  ...setupL.notes('limits under load', 'expire-lifetime expire-shunt-interval ike-socket-bufsize ike-socket-errqueue'),
  ...setupL.notes(
    'it is about how the kernel and the daemon work',
    'nhelpers xfrmlifetime seedbits seeddev protostack',
  ),
  ...setupL.notes('it is about how the kernel and the daemon work', 'interfaces secctx-attr-type secctx-attr-value'),
  ...setupL.notes(
    'it is about how the kernel and the daemon work',
    'ikev1-secctx-attr-type ipsec-interface-managed nflog-all',
  ),
  ...setupL.notes(offered, 'myvendorid'),
  ...setup.notes(timing, 'keep-alive keep_alive'),
  ...setupL.partly('IKE over TCP is not modelled', 'listen-tcp', no),
  ...setupL.partly('a daemon that does not listen on UDP is not modelled', 'listen-udp', { harmless: ['yes', 'y'] }),
  ...setupL.partly('redirection is not modelled', 'global-redirect', auto),
  ...setupL.notes('it only counts for redirection', 'global-redirect-to'),
  ...setupL.partly('opportunistic encryption is not modelled', 'drop-oppo-null', no),
  ...rows('setup', L).notes(log, 'klipsdebug plutostderrlogtime'),
  ...rows('setup', L).notes(revocation, 'crl_strict curl_iface curl_timeout ocsp_enable ocsp_strict ocsp_timeout'),
  ...rows('setup', L).notes(revocation, 'ocsp_trust_name ocsp_uri'),
  ...rows('setup', L).notes('it is about how the kernel and the daemon work', 'fragicmp hidetos overridemtu plutofork'),
  ...rows('setup', L).notes('it is about how the kernel and the daemon work', 'secctx_attr_value'),
  ...rows('setup', L).partly('IKE on another port is not modelled', 'ikeport', { harmless: ['500'] }),
  ...rows('setup', L).partly('IKE on another port is not modelled', 'nat-ikeport nat_ikeport', { harmless: ['4500'] }),
  ...rows('setup', L).notes(
    'the product ignores it',
    'disable_port_floating force-busy force_keepalive forwardcontrol nat_traversal nocrsend oe pluto plutoopts plutorestartoncrash plutowait postpluto prepluto rp_filter',
  ),
  ...setupO.takes('nat_traversal'),
  ...setupO.partly('opportunistic encryption is not modelled', 'oe', no),
  ...setupO.notes(log, 'klipsdebug fragicmp hidetos plutostderrlogtime'),
  ...setupO.notes(revocation, 'nocrsend ocspuri'),
  ...setupO.notes('it is about how the kernel and the daemon work', 'secctx_attr_value'),
  ...setupO.notes('limits under load', 'force_busy'),
  ...setupO.notes('how the daemon is started', 'plutofork'),
  ...setupO.notes(
    'how the daemon is started',
    'plutoopts plutowait prepluto postpluto forwardcontrol pluto plutoload plutostart plutorestartoncrash rp_filter manualstart overridemtu force_keepalive disable_port_floating plutobackgroundload myid packetdefault',
  ),
  ...setupS.notes(log, 'charondebug klipsdebug'),
  ...setupS.notes(revocation, 'cachecrls strictcrlpolicy nocrsend'),
  ...setupS.notes(
    'the product ignores it',
    'interfaces charonstart plutostart prepluto postpluto fragicmp packetdefault hidetos overridemtu nat_traversal force_keepalive pkcs11module pkcs11initargs pkcs11keepstate pkcs11proxy nhelpers',
  ),
];

const cas: readonly ConfOption[] = [
  ...rows('ca', S).notes(revocation, 'cacert ldaphost ldapbase crluri crluri1 crluri2 ocspuri ocspuri1 ocspuri2'),
  ...rows('ca', S).notes(revocation, 'certuribase auto also'),
];

/** Versions of Libreswan that know an option, where not all from 3.25 to 5.4 do: what its keyword tables say, tag by tag. */
const bounds: ReadonlyMap<string, Pick<ConfOption, 'since' | 'before'>> = new Map([
  ...known('since', [3, 28], 'conn send-redirect redirect-to accept-redirect accept-redirect-to'),
  ...known('since', [3, 28], 'setup global-redirect global-redirect-to'),
  ...known('since', [3, 30], 'conn ipsec-interface require-id-on-certificate'),
  ...known('since', [3, 30], 'end interface-ip'),
  ...known('since', [3, 30], 'setup audit-log'),
  ...known('since', [4, 0], 'conn intermediate enable-tcp tcp-remoteport'),
  ...known('since', [4, 0], 'setup listen-tcp listen-udp ikev1-secctx-attr-type'),
  ...known('since', [4, 0], 'end ikeport'),
  ...known('since', [4, 2], 'conn ignore-peer-dns sec-label'),
  ...known('since', [4, 2], 'setup ikev1-policy'),
  ...known('since', [4, 6], 'end autheap'),
  ...known('since', [4, 8], 'conn ipsec-lifetime ipsec-max-bytes ipsec-max-packets'),
  ...known('since', [4, 8], 'end ecdsakey pubkey'),
  ...known('since', [5, 0], 'conn debug encap-dscp ikev1-dpdtimeout pfs-rekey-workaround ppk-ids'),
  ...known('since', [5, 0], 'end groundhog'),
  ...known('since', [5, 2], 'conn iptfs iptfs-drop-time iptfs-fragmentation iptfs-init-delay iptfs-max-queue-size'),
  ...known('since', [5, 2], 'conn iptfs-packet-size iptfs-reorder-window session-resumption'),
  ...known('since', [5, 2], 'setup ipsec-interface-managed'),
  ...known('since', [5, 3], 'conn cisco-split nflog-group send-esp-tfc-padding-not-supported share-lease'),
  ...known('since', [5, 4], 'conn clones reject-simultaneous-ike-auth send-supported-auth-methods'),
  ...known('since', [5, 4], 'end eddsakey updown-config'),
  ...known('since', [5, 4], 'setup crl-timeout dns-resolver exampledir expire-lifetime expire-shunt-interval'),
  ...known('since', [5, 4], 'setup loglimit logstderr rundir seeddev'),
  ...known('before', [5, 0], 'conn alsoflip forceencaps'),
  ...known('before', [4, 0], 'conn cisco_unity connaddrfamily disablearrivalcheck ike-frag ike_frag initial_contact'),
  ...known('before', [4, 0], 'conn labeled-ipsec labeled_ipsec modecfgdns1 modecfgdns2 modecfgdomain modecfgwins1'),
  ...known('before', [4, 0], 'conn modecfgwins2 nat_keepalive nm_configured policy_label sareftrack send_vendorid'),
  ...known('before', [4, 0], 'conn sha2_truncbug'),
  ...known('before', [4, 0], 'end rsasigkey2 xauthname'),
  ...known('before', [4, 0], 'setup crl_strict curl_iface curl_timeout disable_port_floating force-busy'),
  ...known('before', [4, 0], 'setup force_keepalive forwardcontrol fragicmp hidetos ikeport keep_alive klipsdebug'),
  ...known('before', [4, 0], 'setup nat-ikeport nat_ikeport nat_traversal nocrsend ocsp_enable ocsp_strict'),
  ...known('before', [4, 0], 'setup ocsp_timeout ocsp_trust_name ocsp_uri oe overridemtu perpeerlog perpeerlogdir'),
  ...known('before', [4, 0], 'setup pluto plutofork plutoopts plutorestartoncrash plutostderrlogtime plutowait'),
  ...known('before', [4, 0], 'setup postpluto prepluto rp_filter secctx-attr-value secctx_attr_value strictcrlpolicy'),
]);

function known(
  bound: 'since' | 'before',
  version: readonly [number, number],
  names: string,
): (readonly [string, Pick<ConfOption, 'since' | 'before'>])[] {
  const [place, ...keys] = names.split(' ');
  return keys.map((key) => [`${place} ${key}`, { [bound]: version }] as const);
}

const everyRow = [...ends, ...conns, ...setups, ...cas];

/** What Openswan 2.4 to 3.0 kept of its ancestors, or had before Libreswan left it (its _confread.in, lib/libipsecconf/keywords.c). */
const openswanWords: ReadonlySet<string> = new Set(
  `aggressive aggrmode ah also alsoflip auth authby auto ca cert clientaddrfamily compress connaddrfamily connalias
  crlcheckinterval dpdaction dpddelay dpdtimeout dumpdir esp failureshunt id ike ikelifetime ikev2 interfaces keep_alive
  keyexchange keyingtries keylife labeled_ipsec lifetime listen loopback metric modecfgclient modecfgdns1 modecfgdns2
  modecfgpull modecfgserver modecfgwins1 modecfgwins2 mtu narrowing nexthop nhelpers nm_configured overlapip pfs phase2
  phase2alg plutodebug plutostderrlog policy_label protoport protostack rekey rekeyfuzz rekeymargin remote_peer_type
  rsasigkey salifetime secctx_attr_value sendcert sha2_truncbug sourceip strictcrlpolicy subnet subnets syslog type
  uniqueids updown virtual_private xauthclient xauthserver xauthusername`.split(/\s+/),
);

/** Rows of several products name some words that only the others know. */
function isOf({ flavours, name }: ConfOption, flavour: Flavour): boolean {
  if (!flavours.includes(flavour)) return false;
  return flavour !== 'openswan' || flavours.length === 1 || name === '' || openswanWords.has(name);
}

const byFlavour = new Map<Flavour, ReadonlyMap<string, ConfOption>>();

/** The options of a product, by `place name`. */
export function optionsOf(flavour: Flavour): ReadonlyMap<string, ConfOption> {
  let found = byFlavour.get(flavour);
  if (!found) {
    const known = new Map<string, ConfOption>();
    for (const row of everyRow) {
      if (!isOf(row, flavour)) continue;
      const key = `${row.place} ${row.name}`;
      // The first row counts: it is the more particular one.
      if (!known.has(key)) known.set(key, { ...row, ...(flavour === 'libreswan' ? bounds.get(key) : {}) });
    }
    found = known;
    byFlavour.set(flavour, found);
  }
  return found;
}

/** An option by the key that is written, with the end that it is for. */
export interface FoundOption {
  readonly option: ConfOption;
  readonly side?: 'left' | 'right' | 'both';
}

/** What a key of a section means; `leftsubnet` is `subnet` of the left end, and Libreswan takes `subnet` for both. */
export function findOption(flavour: Flavour, kind: 'setup' | 'conn' | 'ca', written: string): FoundOption | undefined {
  const options = optionsOf(flavour);
  const key = written.toLowerCase();
  const whole = options.get(`${kind} ${key}`);
  if (whole) return { option: whole };
  if (kind !== 'conn') return undefined;
  for (const side of ['left', 'right'] as const) {
    if (!key.startsWith(side)) continue;
    // Libreswan 5 writes some with a hyphen: `left-updown`.
    const rest = key.slice(side.length);
    const option =
      options.get(`end ${rest}`) ?? (rest.startsWith('-') ? options.get(`end ${rest.slice(1)}`) : undefined);
    if (option) return { option, side };
  }
  return undefined;
}

/** Keys that a product knows in a kind of section, for guesses at what was meant. */
export function knownKeys(flavour: Flavour, kind: 'setup' | 'conn' | 'ca'): readonly string[] {
  return [...optionsOf(flavour).values()].flatMap(({ place, name }) => {
    if (place === kind) return [name];
    return kind === 'conn' && place === 'end' ? [`left${name}`, `right${name}`] : [];
  });
}
