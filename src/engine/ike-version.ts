/** What the engine demands of each version of IKE: `ikev1/` and `ikev2/` each make one of these. */
import type { IkePolicy, PadEntry } from '../model/system-config.js';
import type { Environment } from './environment.js';
import type { IkeSaDescription } from './event.js';
import type { ChildRequest, Endpoint, EngineInput, IkeSaName } from './input.js';
import type { Ends } from './ipsec/bundle.js';
import type { Millis, SaId } from './ipsec/sa.js';
import type { EngineOutput } from './output.js';
import type { Header } from './wire/header.js';

/** A datagram whose header says that it is for this version. */
export interface IncomingDatagram {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly octets: Uint8Array;
  readonly header: Header;
}

/** A request with the records that the engine found for its peer. */
export interface ResolvedRequest extends ChildRequest {
  readonly pad: PadEntry;
  readonly policy: IkePolicy;
  /** It was under way in an IKE SA that the peer has closed; the second time it fails. */
  readonly carriedOver?: boolean;
}

/** Inputs that concern an SA which the version module owns. */
export type SaInput = Exclude<EngineInput, { readonly kind: 'datagram' | 'timeout' | 'request' | 'start' }>;

export interface IkeVersion {
  readonly version: 1 | 2;
  datagram(datagram: IncomingDatagram, now: Millis): readonly EngineOutput[];
  /** Starts what is needed for a Child SA: an IKE SA, or an exchange in the one that there is. */
  request(request: ResolvedRequest, now: Millis): readonly EngineOutput[];
  /** An input about an SA of this module; see `owns`. */
  saInput(input: SaInput, now: Millis): readonly EngineOutput[];
  timeout(now: Millis): readonly EngineOutput[];
  nextTimeout(): Millis | undefined;
  /** Is there an IKE SA, or one being made, that this system may use for the entry's peer? */
  hasIkeSa(pad: PadEntry, ends: Ends): boolean;
  owns(sa: SaId | IkeSaName): boolean;
  /** An SPI that nobody here knows (RFC 7296 §1.5): empty where the version has nothing to say to it. */
  unknownSpi(event: Extract<SaInput, { readonly kind: 'sa-event' }>, now: Millis): readonly EngineOutput[];
  ikeSas(): readonly IkeSaDescription[];
}

export type IkeVersionFactory = (environment: Environment) => IkeVersion;
