/** strongSwan's charon, 5.9 and 6.0. */
import type { PeerProfile } from './peer-profile.js';
import { strictRfc } from './strict-rfc.js';

export const strongswan: PeerProfile = {
  ...strictRfc,
  name: 'strongswan',
  title: 'strongSwan',
  summary: 'charon of strongSwan 5.9 to 6.0.',
  proposalPreference: { value: 'responder', note: 'charon.prefer_configured_proposals is on by default.' },
  ikeOffersByGroup: {
    value: true,
    note: 'build_payloads of ike_init.c promotes the group of the public value, and moves proposals without it to the end.',
  },
  ikev1NoProposal: { value: 'notify', note: 'NO_PROPOSAL_CHOSEN in an Informational exchange.' },
  ikev1Errors: {
    value: {
      responder: {
        exchange: 'AUTHENTICATION-FAILED',
        identity: 'AUTHENTICATION-FAILED',
        key: 'INVALID-KEY-INFORMATION',
        proof: 'AUTHENTICATION-FAILED',
        certificate: 'AUTHENTICATION-FAILED',
        signature: 'AUTHENTICATION-FAILED',
        own: 'AUTHENTICATION-FAILED',
        group: 'INVALID-PAYLOAD-TYPE',
        mode: 'INVALID-ID-INFORMATION',
      },
      mainInitiator: { key: 'INVALID-KEY-INFORMATION', own: 'AUTHENTICATION-FAILED', clients: 'INVALID-PAYLOAD-TYPE' },
      aggressiveInitiator: {
        identity: 'INVALID-ID-INFORMATION',
        key: 'INVALID-KEY-INFORMATION',
        proof: 'AUTHENTICATION-FAILED',
        certificate: 'AUTHENTICATION-FAILED',
        signature: 'AUTHENTICATION-FAILED',
        own: 'AUTHENTICATION-FAILED',
        group: 'INVALID-PAYLOAD-TYPE',
      },
    },
    note: 'send_notify of main_mode.c, aggressive_mode.c and quick_mode.c; no connection for exchange, method and identity together is AUTHENTICATION_FAILED. An initiator of Main Mode only deletes the ISAKMP SA.',
  },
  aggressiveEndRefusal: {
    value: 'delete',
    note: 'send_delete of aggressive_mode.c; the initiator, whose Quick Mode is under way by then, starts again and again.',
  },
  ikev1KeyByIdentity: {
    value: true,
    note: 'get_pubkey_method of phase1.c asks for a key of the identity, and what local.certs names is not merged into the authentication as it is in IKEv2.',
  },
  aggressiveOffers: {
    value: 'all',
    note: 'The public value is of the first group of all proposals, which are offered whatever their groups (aggressive_mode.c).',
  },
  aggressiveForeignValue: {
    value: 'tried',
    note: 'get_nonce_ke of phase1.c compares no groups: a value that is long enough may be taken, and derive_keys fails, of which it tells with a HASH that is not encrypted and that no peer heeds.',
  },
  quickModeFatalErrors: {
    value: ['NO-PROPOSAL-CHOSEN', 'INVALID-ID-INFORMATION'],
    note: 'informational.c takes only these two as the end of the Quick Mode that is under way.',
  },
  ikev1Unsayable: {
    value: 'empty',
    note: 'The algorithms of a proposal that have no number, as chacha20poly1305 in Quick Mode, are not sent, the proposal is (proposal_substructure.c).',
  },
  quickModeFaultEndsIkeSa: {
    value: true,
    note: 'build_i of quick_mode.c fails, as for want of selectors, and task_manager_v1.c then destroys the IKE_SA.',
  },
  ikev1Undecryptable: {
    value: 'silent',
    note: 'What it sends is encrypted with keys that the peer has not: an initiator with another preshared key times out.',
  },
  configurationPayload: {
    value: true,
    note: 'ike_config.c: without a request where there are pools it is FAILED_CP_REQUIRED, without an address INTERNAL_ADDRESS_FAILURE; the IKE_SA then comes about without its first CHILD_SA.',
  },
  padSearch: { value: 'address-then-identity', note: 'Configurations are ranked by addresses, then by identities.' },
  childFailureEndsIkeSa: {
    value: 'neither',
    note: 'The IKE SA stays; charon.close_ike_on_child_failure is off by default.',
  },
  childless: {
    value: 'allow',
    note: 'connections.<conn>.childless is `allow`: a responder announces RFC 6023 and takes such IKE SAs (ike_init.c, child_create.c).',
  },
  retransmission: {
    value: { firstMillis: 4000, factor: 1.8, repetitions: 5 },
    note: 'charon.retransmit_timeout, retransmit_base and retransmit_tries: given up after 165 seconds.',
  },
  cookieThreshold: {
    value: 30,
    note: 'charon.cookie_threshold: 30 in all, and 3 from one address, which is not modelled (receiver.c, 5.9.8 to 6.0.6).',
  },
  mobikeMovesToNatPort: {
    value: true,
    note: 'With mobike = yes and a peer that detects NATs (ike_natd.c, process_i): UDP 4500 must be open without a NAT too.',
  },
  fragmentOctets: { value: 1280, note: 'charon.fragment_size.' },
  ikeSaSharing: {
    value: 'connection',
    note: 'ike_sa_manager.c, checkout_by_config: an IKE_SA is used again where its peer config is equal in everything.',
  },
  uniqueness: {
    value: 'keep',
    note: 'connections.<conn>.unique is `no` by default: older IKE SAs go only on INITIAL_CONTACT.',
  },
  aggressivePresharedKey: {
    value: false,
    note: 'Refused unless charon.i_dont_care_about_security_and_use_aggressive_mode_psk is set.',
  },
  signatureHashes: {
    value: ['SHA2-256', 'SHA2-384', 'SHA2-512', 'IDENTITY'],
    note: 'SHA-1 is not announced by default.',
  },
  signatureWays: {
    value: { pss: false, weakerHashes: false },
    note: 'charon.rsa_pss is off by default, and signature_schemes_for_key of public_key.c has no hash below the strength of the curve.',
  },
  signatureKindCounts: {
    value: false,
    note: 'auth = rsa and ecdsa ask for a signature of any kind; only what follows, as rsa-2048 or ecdsa-sha384, is a constraint (parse_auth of vici_config.c, complies of auth_cfg.c).',
  },
  quickModeIdentities: { value: 'narrow', note: 'A responder of Quick Mode narrows as in IKEv2.' },
  pfsAcceptsAny: { value: false, note: 'Proposals are compared as a whole.' },
  quickModeInbound: { value: 'message-3', note: 'Quick Mode’s SAs are installed when message 3 has come.' },
  longerLifetime: { value: 'accept', note: 'Lifetimes of the peer are not compared.' },
  pairsWithoutIsakmpSa: {
    value: 'end',
    note: 'An IKE_SA that is destroyed takes its CHILD_SAs along (ike_sa.c, isakmp_delete.c); a new one has adopted them before.',
  },
  modeMismatch: { value: 'tunnel', note: 'A responder that declines transport mode answers in tunnel mode.' },
  keepsStarted: {
    value: false,
    note: 'start_action is carried out once, with as many tries as keyingtries says; then it takes a trap or an operator.',
  },
  restartsBesideAnother: {
    value: true,
    note: 'reestablish of ike_sa.c looks at no other IKE_SA: close_action is not to be used where the peer reauthenticates or has unique IDs, says its manual.',
  },
  icmpErrorsBy: {
    value: 'own-header',
    note: 'Linux looks at quoted packets for policies with the flag `icmp` only, which charon sets since 6.0.5 where it is configured.',
  },
  icmpErrorsInTheClear: { value: true, note: 'Linux: what the kernel has no policy for passes.' },
  rekeyMarginPercent: { value: 10, note: 'rekey_time is 90 % of life_time by default (life_time = 1.1 × rekey_time).' },
};
