/** Bounds and waits of the IKEv2 engine that no product is known to differ in. What differs is in the peer profile. */

/** Octets of our nonces: half of the longest PRF key at least (RFC 7296 §2.10). */
export const nonceOctets = 32;

/** Requests of IKE_SA_INIT for one IKE SA: with a COOKIE, another group, another COOKIE for that, and one more. */
export const saInitTriesMax = 5;

/** Tries of CREATE_CHILD_SA with another group each. */
export const groupTriesMax = 4;

/** A half-open IKE SA of a responder that gets no IKE_AUTH ends after so long, in milliseconds. */
export const halfOpenMillis = 60_000;

/** An error that nobody has authenticated is believed when so long nothing better has come (RFC 7296 §2.21.1). */
export const unauthenticatedErrorMillis = 5_000;

/** Secrets of cookies change after so long; the one before is still taken (RFC 7296 §2.6). */
export const cookieSecretMillis = 60_000;

/** Between two unprotected messages of ours to the same address (RFC 7296 §2.21.4), in milliseconds. */
export const unprotectedMillis = 1_000;

/** Addresses that got an unprotected message of ours and are remembered. */
export const unprotectedMax = 4_096;

/** Fragments of one message, and their octets (RFC 7383 §2.6). */
export const fragmentsMax = 256;
export const fragmentOctetsMax = 65_536;

/** Octets of fragments that wait for others, in all IKE SAs of an engine together. */
export const waitingOctetsMax = 16 * 1024 * 1024;

/** Seconds between NAT keepalives (RFC 3948 §4). */
export const keepaliveSeconds = 20;

/** Before a request that met TEMPORARY_FAILURE is sent again, and the random part of it (RFC 7296 §2.25). */
export const temporaryFailureMillis = 5_000;
export const temporaryFailureJitterMillis = 5_000;

/** Tries that meet TEMPORARY_FAILURE before it is believed to last. */
export const temporaryFailureTriesMax = 8;

/** Addresses that one IKE SA may ask for (RFC 7296 §3.15.1); more are not looked at. */
export const leasesMax = 16;

/** Child SAs of one IKE SA. */
export const childrenPerIkeSaMax = 10_000;

/** A responder of a rekeying sends on the old SA until the initiator deletes it, at most so long (RFC 7296 §2.8). */
export const outboundDelayMillis = 10_000;

/** Message IDs are never used twice (RFC 7296 §2.2). */
export const messageIdMax = 0xffff_ffff;

/** A liveness check for a hint that nobody has authenticated comes no sooner after the last message than this. */
export const hintedLivenessMillis = 10_000;

/** How soon a request that failed may come again, in milliseconds: the records forbid it, or the peer did not answer. */
export const hopelessRetryMillis = 60_000;
export const failedRetryMillis = 10_000;

/** Entries that a search tells of. */
export const passedOverMax = 64;

/** Certificates and CRLs of one message that are looked at. */
export const certificatesMax = 16;

/** Pairs of traffic selectors of one request that are looked at, and of these times the SPD entries they are compared with. */
export const selectorPairsMax = 4_096;
export const selectorWorkMax = 16_384;
