/** What notifications mean to whoever reads a capture: one sentence each, with the section that defines it. */
import type { notifyTypes } from '../../../engine/wire/registry.js';

/** Errors and status of IKEv2 (RFC 7296 §3.10.1 and the RFCs that add to it). */
export const ikev2Meanings: Readonly<Partial<Record<keyof typeof notifyTypes.number, string>>> = {
  UNSUPPORTED_CRITICAL_PAYLOAD: 'a payload that must be understood is not; the message is refused (RFC 7296 §2.5)',
  INVALID_IKE_SPI: 'the sender knows no IKE SA with these SPIs: it has restarted, or deleted it (RFC 7296 §2.21.4)',
  INVALID_MAJOR_VERSION: 'the sender does not speak this major version of IKE (RFC 7296 §2.5)',
  INVALID_SYNTAX: 'a length, type or value in the message is out of range (RFC 7296 §3.10.1)',
  INVALID_MESSAGE_ID: 'the message ID is outside of the window (RFC 7296 §2.3)',
  INVALID_SPI: 'an ESP or AH packet came for an SPI that the sender does not have (RFC 7296 §1.5)',
  NO_PROPOSAL_CHOSEN: 'none of the proposals is acceptable to the sender (RFC 7296 §2.7)',
  INVALID_KE_PAYLOAD: 'the public value is of another group than the one the sender wants (RFC 7296 §1.2)',
  AUTHENTICATION_FAILED:
    'the sender is not convinced: another key, a certificate it does not trust, or an identity that no record of it expects (RFC 7296 §2.21.2)',
  SINGLE_PAIR_REQUIRED: 'the sender wants one pair of addresses in an SA, not ranges (RFC 7296 §2.9)',
  NO_ADDITIONAL_SAS: 'the sender makes no more Child SAs in this IKE SA (RFC 7296 §1.3)',
  INTERNAL_ADDRESS_FAILURE: 'no internal address can be given (RFC 7296 §3.15.4)',
  FAILED_CP_REQUIRED: 'the sender expects a request for an internal address (RFC 7296 §2.19)',
  TS_UNACCEPTABLE: 'no policy of the sender covers any of these addresses, protocols and ports (RFC 7296 §2.9)',
  INVALID_SELECTORS: 'a packet came in an SA whose selectors do not cover it (RFC 7296 §1.5)',
  UNACCEPTABLE_ADDRESSES: 'the new addresses are refused (RFC 4555 §3.5)',
  UNEXPECTED_NAT_DETECTED: 'there is a NAT between the peers, and one of them forbids it (RFC 4555 §3.9)',
  TEMPORARY_FAILURE: 'not now: the sender is rekeying or closing; the request may be repeated later (RFC 7296 §2.25)',
  CHILD_SA_NOT_FOUND: 'the sender does not have the Child SA that is to be rekeyed (RFC 7296 §2.25)',
  AUTHORIZATION_FAILED: 'the sender is convinced of who it is, and does not allow what is asked for (RFC 9838)',

  INITIAL_CONTACT: 'this is the only IKE SA with this identity: forget older ones (RFC 7296 §2.4)',
  SET_WINDOW_SIZE: 'so many requests may be outstanding at once (RFC 7296 §2.3)',
  ADDITIONAL_TS_POSSIBLE: 'more traffic would be acceptable in an SA of its own (RFC 7296 §2.9)',
  IPCOMP_SUPPORTED: 'packets may be compressed (RFC 7296 §2.22)',
  NAT_DETECTION_SOURCE_IP: 'hash of the address and port that the message is sent from (RFC 7296 §2.23)',
  NAT_DETECTION_DESTINATION_IP: 'hash of the address and port that the message is sent to (RFC 7296 §2.23)',
  COOKIE: 'prove that you receive at your address, by repeating this cookie (RFC 7296 §2.6)',
  USE_TRANSPORT_MODE: 'transport mode is wanted for the Child SA (RFC 7296 §1.3.1)',
  HTTP_CERT_LOOKUP_SUPPORTED: 'certificates may be given as addresses to fetch them from (RFC 7296 §3.6)',
  REKEY_SA: 'the new Child SA replaces the one with this SPI (RFC 7296 §1.3.3)',
  ESP_TFC_PADDING_NOT_SUPPORTED: 'packets are not to be padded against traffic analysis (RFC 7296 §1.3.1)',
  NON_FIRST_FRAGMENTS_ALSO: 'the SA carries later fragments too (RFC 4301 §7)',
  MOBIKE_SUPPORTED: 'the addresses of the IKE SA may change (RFC 4555)',
  ADDITIONAL_IP4_ADDRESS: 'a further address of the sender (RFC 4555 §3.6)',
  ADDITIONAL_IP6_ADDRESS: 'a further address of the sender (RFC 4555 §3.6)',
  NO_ADDITIONAL_ADDRESSES: 'the sender has no other address (RFC 4555 §3.6)',
  UPDATE_SA_ADDRESSES: 'the SAs move to the addresses of this message (RFC 4555 §3.5)',
  COOKIE2: 'proves that the peer receives at its address (RFC 4555 §3.7)',
  AUTH_LIFETIME: 'the initiator has to authenticate again within this time (RFC 4478)',
  MULTIPLE_AUTH_SUPPORTED: 'several rounds of authentication are possible (RFC 4739)',
  ANOTHER_AUTH_FOLLOWS: 'another round of authentication follows (RFC 4739)',
  REDIRECT_SUPPORTED: 'the sender can be sent to another gateway (RFC 5685)',
  REDIRECT: 'go to this gateway instead (RFC 5685)',
  REDIRECTED_FROM: 'the sender was sent here by this gateway (RFC 5685)',
  TICKET_REQUEST: 'a ticket to resume the IKE SA with is wanted (RFC 5723)',
  TICKET_LT_OPAQUE: 'a ticket to resume the IKE SA with (RFC 5723)',
  EAP_ONLY_AUTHENTICATION: 'EAP may authenticate both sides (RFC 5998)',
  CHILDLESS_IKEV2_SUPPORTED: 'an IKE SA may come about without a Child SA (RFC 6023)',
  QUICK_CRASH_DETECTION: 'a token that proves a restart later (RFC 6290)',
  IKEV2_FRAGMENTATION_SUPPORTED: 'encrypted messages may come in fragments (RFC 7383)',
  SIGNATURE_HASH_ALGORITHMS: 'hashes that signatures may use (RFC 7427 §4)',
  USE_PPK: 'a postquantum preshared key can be mixed in (RFC 8784)',
  PPK_IDENTITY: 'which postquantum preshared key is used (RFC 8784)',
  NO_PPK_AUTH: 'authentication in case that the peer lacks the postquantum preshared key (RFC 8784)',
  INTERMEDIATE_EXCHANGE_SUPPORTED: 'IKE_INTERMEDIATE may follow (RFC 9242)',
  ADDITIONAL_KEY_EXCHANGE: 'links the messages of further key exchanges (RFC 9370)',
  USE_AGGFRAG: 'packets may be aggregated and fragmented (RFC 9347)',
  SUPPORTED_AUTH_METHODS: 'authentication methods that the sender takes (RFC 9593)',
};

/** Those of IKEv1 (RFC 2408 §3.14.1, RFC 2407 §4.6.3, RFC 3706). */
export const isakmpMeanings: Readonly<Record<string, string>> = {
  'INVALID-PAYLOAD-TYPE': 'a payload is not understood, or has no place in this message',
  'DOI-NOT-SUPPORTED': 'the domain of interpretation is not IPsec',
  'SITUATION-NOT-SUPPORTED': 'labels are asked for that the sender does not have',
  'INVALID-COOKIE': 'the sender knows no ISAKMP SA with these cookies: it has restarted, or deleted it',
  'INVALID-MAJOR-VERSION': 'the sender does not speak this version of IKE',
  'INVALID-EXCHANGE-TYPE': 'the sender does not take this exchange, for instance Aggressive Mode',
  'INVALID-FLAGS': 'the flags of the header make no sense here',
  'INVALID-MESSAGE-ID': 'no exchange has this message ID',
  'INVALID-SPI': 'an SPI is not known',
  'ATTRIBUTES-NOT-SUPPORTED': 'an attribute of the SA is not understood',
  'NO-PROPOSAL-CHOSEN': 'none of the proposals is acceptable to the sender (RFC 2408 §5.4)',
  'BAD-PROPOSAL-SYNTAX': 'a proposal is malformed',
  'PAYLOAD-MALFORMED':
    'what was decrypted makes no sense: with preshared keys that is what different keys look like (RFC 2408 §5.1)',
  'INVALID-KEY-INFORMATION': 'the public value is not of the group that was agreed on',
  'INVALID-ID-INFORMATION':
    'no record of the sender fits the identity, or in Quick Mode the addresses that the SA is to carry',
  'INVALID-CERT-ENCODING': 'the certificate is of a kind that is not understood',
  'INVALID-CERTIFICATE': 'the certificate is not valid',
  'CERT-TYPE-UNSUPPORTED': 'a kind of certificate is asked for that the sender does not have',
  'INVALID-CERT-AUTHORITY': 'the authority is not trusted',
  'INVALID-HASH-INFORMATION': 'the hash is wrong: another preshared key, or a message that was changed',
  'AUTHENTICATION-FAILED': 'the sender is not convinced: another key, or an identity that it does not expect',
  'INVALID-SIGNATURE': 'the signature is wrong',
  'UNSUPPORTED-EXCHANGE-TYPE': 'the sender does not know this exchange',
  'UNEQUAL-PAYLOAD-LENGTHS': 'the length of the header and of the message differ',
  CONNECTED: 'the exchange is complete: the SA may be used (RFC 2408 §3.1, Commit bit)',
  'RESPONDER-LIFETIME':
    'the SA lives for less than the initiator asked: this is the responder’s time (RFC 2407 §4.6.3.1)',
  'REPLAY-STATUS': 'whether the responder checks for replayed packets (RFC 2407 §4.6.3.2)',
  'INITIAL-CONTACT': 'this is the only SA with this identity: forget older ones (RFC 2407 §4.6.3.3)',
  'R-U-THERE': 'are you alive? (RFC 3706)',
  'R-U-THERE-ACK': 'yes, alive (RFC 3706)',
};

/** IKEv1 status begins here; below are errors (RFC 2408 §3.14.1). */
const isakmpStatusFirst = 16_384;

/** Is a notification of IKEv1 an error? */
export function isIsakmpError(type: number): boolean {
  return type < isakmpStatusFirst;
}
